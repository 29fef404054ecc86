import { Counter, type Registry } from 'prom-client';

/** What became of log lines since the start of the process. */
export interface LogFigures {
  readonly lines: readonly {
    readonly route: string;
    readonly track: string | null;
    readonly outcome: string;
    readonly lines: number;
  }[];
  readonly refused: number;
}

export function logMetrics(registry: Registry, { lines, refused }: LogFigures): void {
  const read = new Counter({
    name: 'serin_log_lines_total',
    help: 'Log lines of services by route, track of the running rollout and what became of them; docs/logs.md',
    labelNames: ['http_route', 'serin_track', 'outcome'],
    registers: [registry],
  });
  const turnedAway = new Counter({
    name: 'serin_log_batches_refused_total',
    help: 'Batches of log lines that were answered 429, because reading them would have taken more than its share',
    registers: [registry],
  });
  for (const { route, track, outcome, lines: count } of lines) {
    read.inc({ http_route: route, serin_track: track ?? '', outcome }, count);
  }
  turnedAway.inc(refused);
}
