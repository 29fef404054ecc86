import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Children, messageOf, sayingsOf } from './children.ts';
import type { Contender, Stage, Started } from './contenders/contender.ts';
import type { GeneratorTask } from './generator.ts';
import type { Load, LoadOutcome, LoadTarget } from './load.ts';
import { placement } from './placement.ts';
import type { UpstreamCounts, UpstreamReady } from './upstream.ts';

/** Upstream and generator on their core, and whoever competes on the other. */
export interface Ground {
  readonly stage: Stage;
  start(contender: Contender): Promise<Started>;
  /** One load at a time. */
  run(load: Load, target: LoadTarget): Promise<LoadOutcome>;
  /** Requests that stable and canary have read so far. */
  upstreamCounts(): Promise<readonly [number, number]>;
  close(): Promise<void>;
}

export async function openGround(): Promise<Ground> {
  const cores = placement();
  const children = new Children();
  const folder = mkdtempSync(join(tmpdir(), 'serin-bench-'));
  // A database that was killed a moment ago may still write.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  const module = (name: string, core: string | null) => {
    const child = children.start(join(import.meta.dirname, name), [], { core, kind: 'module' });
    return { child, said: sayingsOf(child) };
  };
  const upstream = module('upstream.ts', cores.upstream);
  const { ports } = await messageOf<UpstreamReady>(upstream.child, upstream.said);
  const generator = module('generator.ts', cores.generator);
  const stage: Stage = { children, placement: cores, upstreams: ports, folder };
  return {
    stage,
    start: (contender) => contender.start(stage),
    run: (load, target) => {
      generator.child.send({ load, target } satisfies GeneratorTask);
      return messageOf<LoadOutcome>(generator.child, generator.said);
    },
    upstreamCounts: async () => {
      upstream.child.send('counts');
      return (await messageOf<UpstreamCounts>(upstream.child, upstream.said)).counts;
    },
    close: () => children.stopAll(),
  };
}
