import { fromEach, isDryRun, isSkipped } from '../parity/each-check.ts';
import { obstacleIn, type Reservation, reservationsInWords } from '../parity/internal/reservation.ts';
import type { Policy } from '../policy/schema.ts';
import type { LookInput } from './input.ts';
import type { JudgeState } from './state.ts';
import type { Verdict } from './verdict.ts';

/** What checks say of the internal phase, without those that are skipped. One that only reports keeps nobody waiting. */
export function reservationsOf(
  policy: Policy,
  { checks }: JudgeState,
  { step, skippedChecks }: LookInput,
): readonly Reservation[] {
  if (step.kind !== 'internal') return [];
  return fromEach(checks, (check, known) => check.reservations?.(policy, known) ?? [])
    .filter(({ check }) => !isSkipped(policy, check, skippedChecks))
    .map((reservation) => (isDryRun(policy, reservation.check) ? asTold(reservation) : reservation));
}

/** The verdict with the reservations, which decide in the internal phase whatever else it says. */
export function withReservations(verdict: Verdict, reservations: readonly Reservation[]): Verdict {
  if (reservations.length === 0) return verdict;
  // A fault of the whole route, or of the source, is said before them, and hides none.
  const isOfAll = verdict.name === 'shared-fault' || verdict.name === 'blind';
  const isKept = obstacleIn(reservations)?.kind === 'holds';
  const reason = isOfAll && isKept ? `${verdict.reason}; ${reservationsInWords(reservations)}` : verdict.reason;
  return { ...verdict, reservations, reason };
}

function asTold(reservation: Reservation): Reservation {
  return { ...reservation, kind: 'tells', reason: `${reservation.reason} (report only)` };
}
