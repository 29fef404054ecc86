import type { LogsTaken } from '../../../src/logs/counting/take-logs.ts';
import { LogWork } from '../../../src/logs/thread/log-work.ts';
import type { Block } from '../../../src/stats/block.ts';
import type { Answered, Asked, LoggedLine } from './toy-orders.ts';
import type { Onlooker } from './virtual-route.ts';

const ROUTE = 'shop';
const NAMES = { stable: 'v1', canary: 'v2' } as const;

/** What the versions log, through all that is done with lines but their thread: read as NDJSON, mined, counted, and taken by block. */
export class LogOnlooker implements Onlooker {
  private readonly work = new LogWork();
  private lines: string[] = [];
  private taken: LogsTaken | null = null;
  private isWatched = false;

  saw(track: 'stable' | 'canary', _asked: Asked, { lines }: Answered): void {
    for (const line of lines) this.lines.push(ndjson(line, NAMES[track]));
  }

  close(block: Block): Block {
    const { startedAt, durationMs, splitEpoch: epoch } = block;
    const span = { epoch, startedAt, endsAt: startedAt + durationMs };
    const watched = { stable: NAMES.stable, canary: NAMES.canary, epoch, since: startedAt };
    const take = (spans: readonly (typeof span)[], now: number) =>
      this.work.done({ kind: 'take', take: { route: ROUTE, watched, spans, taken: this.taken } }, now);
    // A route is watched from its first look on.
    if (!this.isWatched) take([], startedAt);
    this.isWatched = true;
    const bytes = Buffer.from(this.lines.join(''));
    this.lines = [];
    const batch = { way: 'ndjson', bytes, coding: 'identity', route: ROUTE, version: null } as const;
    this.work.done({ kind: 'batch', batch, routes: { names: [ROUTE], byService: {} } }, startedAt + durationMs / 2);
    const done = take([span], startedAt + durationMs);
    if (done.kind !== 'taken') throw new Error('the lines were not taken');
    this.taken = done.taken.taken;
    const [logs] = done.taken.pairs;
    return logs ? { ...block, logs } : block;
  }
}

function ndjson({ level, logger, message, fields }: LoggedLine, version: string): string {
  return `${JSON.stringify({ level, logger, message, version, ...fields })}\n`;
}
