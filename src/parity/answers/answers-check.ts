import type { ComparisonTerms } from '../../policy/checks/answer-comparison.ts';
import { MOST_FIELDS } from '../../stats/answers/answer-pairs.ts';
import { movePairs, NO_PAIRS, type PairEvidence, stepPairFields } from '../../stats/answers/pair-fields.ts';
import type { Block } from '../../stats/block.ts';
import { type Check, type Hold, reactionOf } from '../check.ts';
import type { Sight } from '../context.ts';
import type { Reservation } from '../internal/reservation.ts';
import { capOf } from '../stake.ts';
import { harmOfAnswers } from './answer-differences.ts';
import { marginOfAnswers, wantsField } from './answer-terms.ts';
import {
  ANSWERS,
  answersFinding,
  breakingAnswers,
  whatAnswersWaitFor,
  whatIsComparedInWords,
  whyAnswersHold,
} from './answers-finding.ts';

/** The share that caps are computed for where the policy gives the check none, so that it still holds. */
const USUAL_SHARE = 0.05;

/**
 * What both versions answer to the same requests. It needs no traffic on the canary and no draw: each request is its own
 * comparison, with what the stable answers to it a second time as the measure (docs/statistics.md section 3.25).
 */
export const answersCheck: Check<PairEvidence> = {
  names: { listed: [ANSWERS] },
  terms: ({ spec: { checks } }, name) =>
    name === ANSWERS
      ? { label: 'what both versions answer', ...reactionOf(checks.answers), against: 'stable', whileInternal: true }
      : null,
  claims: ({ spec: { checks } }) =>
    checks.answers?.differences === 'rollback' ? [{ check: ANSWERS, share: checks.answers.weight }] : [],
  open: () => NO_PAIRS,
  observe: (state, sight) => observeAnswers(state, sight),
  move: movePairs,
  stakes: ({ spec: { checks } }, state, shareOf) =>
    checks.answers?.differences === 'rollback'
      ? [{ check: ANSWERS, weight: shareOf(ANSWERS), logHarm: harmOfAnswers(checks.answers, state) }]
      : [],
  findings: ({ spec: { checks } }, state, { shareOf }) =>
    checks.answers === undefined ? [] : [answersFinding(checks.answers, state, shareOf(ANSWERS))],
  holds({ spec: { checks } }, state, { findings }): readonly Hold[] {
    const { answers } = checks;
    const isCounted = findings.some(({ check }) => check === ANSWERS);
    if (answers === undefined || answers.differences === 'report' || !isCounted) return [];
    if (breakingAnswers(answers, state).length === 0) return [];
    return [{ kind: 'worse', check: ANSWERS, reason: whyAnswersHold(answers, state) }];
  },
  reservations: ({ spec: { checks } }, state) =>
    checks.answers === undefined ? [] : [reservationOf(checks.answers, state)],
};

function reservationOf(terms: ComparisonTerms, state: PairEvidence): Reservation {
  const said = whatIsComparedInWords(terms, state);
  if (terms.differences === 'report') return { kind: 'tells', check: ANSWERS, reason: said };
  if (breakingAnswers(terms, state).length > 0) {
    return { kind: 'holds', check: ANSWERS, reason: whyAnswersHold(terms, state) };
  }
  const awaited = whatAnswersWaitFor(terms, state);
  return awaited === null
    ? { kind: 'tells', check: ANSWERS, reason: said }
    : { kind: 'waits', check: ANSWERS, reason: awaited };
}

function observeAnswers(state: PairEvidence, { policy, block, shareOf }: Sight): PairEvidence {
  const { answers } = policy.spec.checks;
  const { pairs, startedAt, durationMs, splitEpoch }: Block = block;
  if (answers === undefined || pairs === undefined) return state;
  return stepPairFields(state, pairs, {
    startedAt,
    endsAt: startedAt + durationMs,
    epoch: splitEpoch,
    margin: marginOfAnswers(answers),
    cap: capOf(policy, (shareOf(ANSWERS) || USUAL_SHARE) / MOST_FIELDS),
    // It begins in the internal phase, which is a stage more.
    steps: policy.spec.steps.length + 1,
    isAsked: (name) => wantsField(answers, name),
  });
}
