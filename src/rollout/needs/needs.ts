import { comesFirst, type Facts } from '../decide.ts';
import type { MachineEvent } from '../event.ts';
import type { Evidence } from '../evidence.ts';
import { askedInWords } from '../eyes/asked.ts';
import { type LookAge, lookAgeInWords } from '../look-age.ts';
import type { RolloutRecord } from '../record.ts';
import { isEnded, type Rollout } from '../state.ts';
import { saidBy } from '../words/quote.ts';
import { type Need, need, stageNeeds } from './stage-needs.ts';

/**
 * Everything that has to be true before the present stage ends by itself, in the order in which it is shown. `decide` ends the stage
 * exactly when all of these are met: both ask the same functions. Empty once the rollout has ended.
 */
export function needsOf(rollout: Rollout, evidence: Evidence, facts: Facts): readonly Need[] {
  if (isEnded(rollout)) return [];
  const needs = stageNeeds(rollout, evidence, facts.preflightFailure);
  const isComplete = needs.every(({ met }) => met);
  const first = isComplete ? comesFirst(rollout, evidence, facts) : null;
  return [
    ...needs,
    ...pageOf(rollout),
    ...(first === null ? [] : [need('decision', false, `decided first: ${reasonOf(first)}`)]),
  ];
}

/** What is known beside a record: how old the last look is, and what was done that is not recorded yet. */
export interface Beside {
  readonly look: LookAge | null;
  readonly unrecorded: { readonly by: string; readonly role: string; readonly reason: string } | null;
}

/**
 * The same between two looks: the canary's addresses are asked anew at each, and nothing ends while looks fail or while
 * something is not recorded.
 */
export function needsNow({ rollout, evidence }: RolloutRecord, { look, unrecorded }: Beside): readonly Need[] {
  const facts = { at: evidence.lookedAt, braked: null, preflightFailure: 'every canary address has to answer' };
  const needs = needsOf(rollout, evidence, facts);
  if (needs.length === 0) return [];
  return [
    ...needs,
    ...(rollout.asked ?? []).map((one) => need('asked', true, askedInWords(one, evidence.lookedAt))),
    ...(look === null ? [] : [need('look', look.trouble === null, `looked ${lookAgeInWords(look)}`)]),
    ...(unrecorded === null ? [] : [need('record', false, `not recorded yet: ${unrecordedReason(unrecorded)}`)]),
  ];
}

function unrecordedReason({ by, role, reason }: NonNullable<Beside['unrecorded']>): string {
  return role === 'serin' ? reason : saidBy({ name: by }, reason);
}

// What the page is about may keep the stage, and is a need of its own then.
function pageOf({ openPage }: Rollout): readonly Need[] {
  if (openPage === null) return [];
  return [need('page', true, `a page is open (${openPage}), which by itself does not keep the stage`)];
}

function reasonOf(event: MachineEvent): string {
  return 'reason' in event ? event.reason : event.kind;
}
