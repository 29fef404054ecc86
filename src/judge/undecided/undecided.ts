import type { Hold } from '../../parity/check.ts';
import type { Finding } from '../../parity/finding.ts';
import { obstacleIn, type Reservation, reservationsInWords } from '../../parity/internal/reservation.ts';
import type { Policy } from '../../policy/schema.ts';
import type { LookInput } from '../input.ts';
import { reservationsOf } from '../reservations.ts';
import type { JudgeState } from '../state.ts';
import type { CheckName, StandingHold } from '../verdict.ts';
import { type CheckedCondition, wouldHave } from './step-conditions.ts';
import { firstOf, holding, plain, standing, type Undecided } from './waiting.ts';

/** What cannot be observed, and the check it concerns, if any. */
export interface Blindness {
  readonly reason: string;
  readonly worst: CheckName | null;
  readonly hold?: StandingHold;
}

/**
 * Why the canary cannot be judged now; null when it can. A canary that is silent while the stable reports counts as
 * unobservable, and stays so until enough of its reports have arrived.
 *
 * @param unusable what is wrong with what the source returned at this look
 */
export function whyBlind(holds: readonly Hold[], unusable: string | null): Blindness | null {
  const silent = firstOf(holds, 'silent');
  if (silent === undefined && unusable !== null) return { reason: unusable, worst: null };
  const unseen = silent ?? firstOf(holds, 'missing');
  return unseen === undefined ? null : { reason: unseen.reason, worst: unseen.check, ...standing(unseen) };
}

/**
 * Why the step is not at parity, or null when it is.
 *
 * @param conditions of a compared step
 */
export function whyUndecided(
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  findings: readonly Finding[],
  holds: readonly Hold[],
  conditions: readonly CheckedCondition[],
): Undecided | null {
  const { step } = input;
  // Where nothing is compared, a limit of the canary's own may still hold.
  const worse = firstOf(holds, 'worse');
  switch (step.kind) {
    case 'internal':
      return inInternal(reservationsOf(policy, state, input));
    case 'consumers':
      if (worse !== undefined) return holding(worse);
      return plain('only listed consumers reach the canary: nothing is compared, a person ends this step');
    case 'bake':
      if (policy.spec.dryRun)
        return plain(
          `${wouldHave(policy, state, input, findings)}spec.dryRun is set, so guards report only: a person ends the bake`,
        );
      if (worse !== undefined) return holding(worse);
      return plain('the canary serves everybody: nothing to compare, guards hold');
    case 'weight':
      return conditions.find(({ open }) => open)?.open ?? null;
  }
}

/** What the internal phase waits for, as far as the judge is concerned. */
function inInternal(reservations: readonly Reservation[]): Undecided {
  if (reservations.length === 0) return plain('only forced requests reach the canary: nothing is compared yet');
  const obstacle = obstacleIn(reservations);
  const hold = obstacle?.kind === 'holds' ? standing({ kind: 'worse', check: obstacle.check }) : {};
  return { reason: reservationsInWords(reservations), worst: obstacle?.check ?? null, needs: null, ...hold };
}
