import { once } from 'node:events';
import { sayingsOf } from './children.ts';
import type { Stage } from './contenders/contender.ts';
import type { LoadTarget } from './load.ts';
import { findProgram } from './placement.ts';
import { cpuMs } from './process-usage.ts';
import { consumerKey } from './requests.ts';

export interface WrkFigure {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly cpuUs: number;
}

const CHECKED = ['nginx-log', 'haproxy', 'fast-proxy', 'serin-fast-rollout', 'serin-reference-rollout'];

/** The 1 KB GET once more, by a generator that is not ours; nothing where wrk is not installed. */
export async function crossCheck(
  stage: Stage,
  targets: readonly (LoadTarget & { readonly name: string })[],
  windowMs: number,
): Promise<readonly WrkFigure[]> {
  const program = findProgram('wrk');
  if (program === null) return [];
  const figures: WrkFigure[] = [];
  for (const { name, port, pid } of targets.filter((target) => CHECKED.includes(target.name))) {
    const seconds = Math.max(1, Math.round(windowMs / 1_000));
    const headers = ['Host: shop.example', `X-Api-Key: ${consumerKey(1)}`, 'X-User: user-1'];
    const args = ['-t1', '-c64', `-d${seconds}s`, ...headers.flatMap((header) => ['-H', header])];
    const before = cpuMs(pid);
    const child = stage.children.start(program, [...args, `http://127.0.0.1:${port}/bytes/1024`], {
      core: stage.placement.generator,
      kind: 'program',
    });
    const said = sayingsOf(child);
    await once(child, 'close');
    const used = cpuMs(pid) - before;
    const requests = Number(/(\d+) requests in/.exec(said())?.[1] ?? Number.NaN);
    const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(said())?.[1] ?? Number.NaN);
    if (/Non-2xx/.test(said()) || Number.isNaN(requests)) throw new Error(`wrk against ${name}: ${said()}`);
    figures.push({ name, requestsPerSecond, cpuUs: (used / requests) * 1_000 });
  }
  return figures;
}
