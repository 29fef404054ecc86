import { Counter, Gauge, type Registry } from 'prom-client';

/** What became of log lines since the start of the process. */
export interface LogFigures {
  readonly lines: readonly {
    readonly route: string;
    readonly track: string | null;
    readonly outcome: string;
    readonly lines: number;
  }[];
  readonly refused: number;
  /** When lines of a route came last, epoch ms. */
  readonly lastCame: ReadonlyMap<string, number>;
  /** Of each route whose lines are fetched from a service; `fault` is null while it answers. */
  readonly fetches: ReadonlyMap<string, { readonly fault: string | null }>;
}

export function logMetrics(registry: Registry, { lines, refused, lastCame, fetches }: LogFigures): void {
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
  const last = new Gauge({
    name: 'serin_log_last_line_timestamp_seconds',
    help: 'When a log line of the route came last, of whatever became of it; missing where none has come since the start of the process',
    labelNames: ['http_route'],
    registers: [registry],
  });
  for (const [route, at] of lastCame) last.set({ http_route: route }, at / 1_000);
  const up = new Gauge({
    name: 'serin_log_fetch_up',
    help: 'Whether the service from which the log lines of the route are fetched (logs.loki) gives them: 1, or 0 while it fails or has more than are read',
    labelNames: ['http_route'],
    registers: [registry],
  });
  for (const [route, { fault }] of fetches) up.set({ http_route: route }, fault === null ? 1 : 0);
}
