import type { LogsControl, LogsCounts } from '../api/control.ts';
import type { LineOutcome, LineTotal } from '../logs/counting/outcomes.ts';
import type { LogSink } from '../logs/thread/log-intake.ts';
import { Problem } from '../problem/problem.ts';

interface LogParts {
  readonly sink: LogSink;
  /** Throws Problem if `serin.yaml` has no such route. */
  readonly route: (name: string) => unknown;
}

const NAMES: Readonly<Record<LineOutcome, keyof LogsCounts>> = {
  counted: 'counted',
  malformed: 'malformed',
  'too-long': 'tooLong',
  'unknown-version': 'unknownVersion',
  late: 'late',
  unwatched: 'unwatched',
  unrouted: 'unrouted',
};

/** Logs that are posted, on their way to what counts them. */
export function logControl({ sink, route }: LogParts): LogsControl {
  return {
    post: async (posted) => {
      const { way, bytes, coding, by } = posted;
      const { route: bound = null, version = null } = by.sender ?? {};
      if (bound !== null && posted.route !== null && bound !== posted.route) {
        throw new Problem('forbidden', `the token of ${by.name} sends logs of the route ${bound} only`);
      }
      if (posted.route !== null) route(posted.route);
      const batch = { way, bytes, coding, route: bound ?? posted.route, version };
      const receipt = await sink.give(batch, `token ${by.name}`);
      return receipt.kind === 'read' ? { kind: 'read', counts: countsIn(receipt.totals) } : receipt;
    },
  };
}

function countsIn(totals: readonly LineTotal[]): LogsCounts {
  const counts = { counted: 0, malformed: 0, tooLong: 0, unknownVersion: 0, late: 0, unwatched: 0, unrouted: 0 };
  for (const { outcome, lines } of totals) counts[NAMES[outcome]] += lines;
  return counts;
}
