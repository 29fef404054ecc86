import type { Difference } from '../differences/difference.ts';
import type { CheckName } from '../finding.ts';

/**
 * What a check says of the internal phase. Nothing is randomised there: only forced requests and mirrored ones reach the canary, so
 * it may keep the canary from its first traffic, and blames it for nothing.
 */
export interface Reservation {
  /**
   * `refuses`: the rollout is taken back, as when forced requests fail; `holds`: it stays in the phase, and a person is paged and
   * may advance it; `waits` for more to be seen; `tells`: nothing is in the way.
   */
  readonly kind: 'refuses' | 'holds' | 'waits' | 'tells';
  readonly check: CheckName;
  /** A clause: `GET /orders/{id} lacks /amount in all 25, which the stable has in 1,204 of 1,204`. */
  readonly reason: string;
  /** What differs, the worst first, at most `MOST_DIFFERENCES`; omitted where nothing does, and where its finding has them. */
  readonly differences?: readonly Difference[];
}

const STRONGEST_FIRST: readonly Reservation['kind'][] = ['refuses', 'holds', 'waits'];

/** The first of the strongest that keep the canary in the phase; null where nothing does. */
export function obstacleIn(reservations: readonly Reservation[]): Reservation | null {
  const obstacles = STRONGEST_FIRST.flatMap((kind) => reservations.filter((reservation) => reservation.kind === kind));
  return obstacles[0] ?? null;
}

/** What the strongest of them say, one after the other. */
export function reservationsInWords(reservations: readonly Reservation[]): string {
  const strongest = obstacleIn(reservations)?.kind ?? 'tells';
  return reservations.flatMap(({ kind, reason }) => (kind === strongest ? reason : [])).join('; ');
}
