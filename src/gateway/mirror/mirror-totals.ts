import type { Track } from '../../split/order.ts';
import type { MirroredOutcome, MirroredTotals, MirrorSkip } from '../gateway.ts';

type Counts<Name extends string> = Record<Name, number>;

/** What became of the mirrored requests of a route since the process began. */
export class MirrorTotals {
  private readonly route: string;
  private readonly sent: Record<Track, Counts<MirroredOutcome>> = { stable: noOutcomes(), canary: noOutcomes() };
  private readonly skipped: Counts<MirrorSkip> = {
    'per-second': 0,
    concurrency: 0,
    'canary-suffers': 0,
    body: 0,
  };

  constructor(route: string) {
    this.route = route;
  }

  ended(to: Track, outcome: MirroredOutcome): void {
    this.sent[to][outcome]++;
  }

  skip(why: MirrorSkip): void {
    this.skipped[why]++;
  }

  read(): MirroredTotals {
    const { route, sent, skipped } = this;
    return { route, sent: { stable: { ...sent.stable }, canary: { ...sent.canary } }, skipped: { ...skipped } };
  }
}

function noOutcomes(): Counts<MirroredOutcome> {
  return { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, unanswered: 0, 'broken-off': 0, 'not-sent': 0 };
}
