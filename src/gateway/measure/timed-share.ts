import type { SplitOrder, Track } from '../../split/order.ts';

type Versions = Pick<SplitOrder, 'stable' | 'canary'>;

/** Counts are halved at this many answers, so that they follow what the versions do today. */
const MOST_ANSWERS = 1_000;
const ALIKE = 0.1;

/**
 * How many of each version's answers have a latency that may be compared. Where these shares differ, a request that is still open
 * must not count as slow before its kind is known: of a canary whose answers are all 404 only the slow ones would count.
 */
export class TimedShare {
  private counts: Readonly<Record<Track, { answers: number; timed: number }>> = opened();

  /** Other versions have other shares. */
  follow(before: Versions, order: Versions): void {
    const isSame = before.stable.version === order.stable.version && before.canary?.version === order.canary?.version;
    if (!isSame) this.counts = opened();
  }

  note(track: Track, kind: 'timed' | 'left-out'): void {
    const of = track === 'stable' ? this.counts.stable : this.counts.canary;
    of.answers++;
    if (kind === 'timed') of.timed++;
    if (of.answers < MOST_ANSWERS) return;
    of.answers /= 2;
    of.timed /= 2;
  }

  get isAlike(): boolean {
    const share = ({ answers, timed }: { readonly answers: number; readonly timed: number }) =>
      (timed + 1) / (answers + 1);
    return Math.abs(share(this.counts.canary) - share(this.counts.stable)) <= ALIKE;
  }
}

function opened() {
  return { stable: { answers: 0, timed: 0 }, canary: { answers: 0, timed: 0 } };
}
