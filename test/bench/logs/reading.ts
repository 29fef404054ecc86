import { LogWork } from '../../../src/logs/thread/log-work.ts';
import { BATCHES, LINES } from './batches.ts';

/** How fast one form is read. */
export interface Reading {
  readonly name: string;
  readonly bytesPerLine: number;
  /** Lines in a second of CPU, those of the garbage collector included; the best of the rounds. */
  readonly judged: number;
  /** Where no rollout is judged by logs. */
  readonly unwatched: number;
}

const ROUTES = { names: ['shop'], byService: {} };
const WATCHED = { stable: 'v1', canary: 'v2', epoch: 1, since: null };

/** All that the thread of logs does with a batch, here, in turns of all forms. */
export function measureReading(rounds: number, turnMs: number): readonly Reading[] {
  const best = new Map<string, number>();
  for (let round = 0; round <= rounds; round++) {
    for (const { name, batch } of BATCHES) {
      for (const kind of ['judged', 'unwatched'] as const) {
        const work = new LogWork();
        if (kind === 'judged') {
          work.done({ kind: 'take', take: { route: 'shop', watched: WATCHED, spans: [], taken: null } }, 0);
        }
        const began = process.cpuUsage();
        let read = 0;
        for (; usedMs(began) < turnMs; read += LINES) {
          const done = work.done({ kind: 'batch', batch, routes: ROUTES }, read / LINES);
          const [total] = done.kind === 'read' ? done.totals : [];
          const expected = kind === 'judged' ? 'counted' : 'unwatched';
          if (total?.outcome !== expected) throw new Error(`${name} was not ${expected}`);
        }
        const perSecond = (1_000 * read) / usedMs(began);
        // The first round only warms up.
        if (round > 0) best.set(`${name} ${kind}`, Math.max(perSecond, best.get(`${name} ${kind}`) ?? 0));
      }
    }
  }
  return BATCHES.map(({ name, batch }) => ({
    name,
    bytesPerLine: batch.bytes.length / LINES,
    judged: best.get(`${name} judged`) ?? 0,
    unwatched: best.get(`${name} unwatched`) ?? 0,
  }));
}

function usedMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}
