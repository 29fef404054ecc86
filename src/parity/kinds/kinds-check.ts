import type { ErrorMargin } from '../../policy/checks/margins.ts';
import type { Policy } from '../../policy/schema.ts';
import { ANSWER_KINDS, countOfKind, type KindOfAnswer } from '../../stats/answer-kind.ts';
import type { Block } from '../../stats/block.ts';
import { logSum } from '../../stats/evidence/log-sum.ts';
import type { OnsetMixture } from '../../stats/evidence/onset.ts';
import { logRateHarm, type RateState, restartRateParity } from '../../stats/rates/error-rate.ts';
import { comparesTheRest, farMoreLimit, logFarMore, openFarMore } from '../../stats/rates/far-more.ts';
import { type Check, type Hold, reactionOf } from '../check.ts';
import type { LookContext, Sight } from '../context.ts';
import { stepFarMoreCounted } from '../far-more.ts';
import { formatErrorMargin, formatShare } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { edgeOf, NO_LIMITS } from '../limits/limits.ts';
import { countsOf, heldOf, observeRate, openRateCheck, rateFinding, whyRateHolds } from '../rate.ts';
import { KIND_LABELS, kindTerms } from './kind-words.ts';
import { isSameJson } from './same-json.ts';

/** Requests of the stable that have to be known before anything is bet. */
const ENOUGH_PAST = 20;

/** The kind that was compared last of those of which nothing has been seen, by block. */
const UNSEEN = new WeakMap<
  Sight,
  { readonly state: KindState; readonly terms: readonly number[]; readonly next: KindState }
>();

/** Of holding and parity, as for errors; and evidence that most answers are of this kind now, which rolls back. */
export interface KindState extends RateState {
  /** Whether either version gave such an answer: before that there is nothing to tell. */
  readonly isSeen: boolean;
  readonly broken: OnsetMixture;
}

/**
 * One kind of the answers that are neither errors nor 4xx. They may be right, and they are quick: a canary that has lost its data, or
 * sends everybody away, looks well to every other check. So more of them hold it, and it is rolled back when half of
 * what the stable answers otherwise is answered like this (docs/statistics.md section 3.16).
 */
export function kindCheck(kind: KindOfAnswer): Check<KindState> {
  return {
    names: { listed: [kind] },
    compares: 'requests',
    terms: ({ spec: { checks } }, name) =>
      name === kind
        ? {
            label: KIND_LABELS[kind],
            ...reactionOf(checks.kinds),
            dryRun: kindTerms(checks, kind).dryRun,
            against: 'stable',
          }
        : null,
    claims: (policy) =>
      marginOf(policy) === null ? [] : [{ check: kind, of: 'kinds', part: [1, ANSWER_KINDS.length] }],
    open: ({ spec: { checks } }) => ({ ...openRateCheck(checks, kind), isSeen: false, broken: openFarMore() }),
    observe(state, sight) {
      const isSeen = state.isSeen || isIn(sight.settled?.block ?? sight.compared, kind);
      const step = () => stepKind(kind, state, byCounts(sight), isSeen);
      // What excuses content is not what excuses the others.
      return isSeen || kind === 'withContent' ? step() : stepUnseen(kind, state, sight, step);
    },
    restart: (state) => ({ ...restartRateParity(state), isSeen: state.isSeen, broken: state.broken }),
    stakes: (policy, { broken }, shareOf) =>
      marginOf(policy) === null ? [] : [{ check: kind, weight: shareOf(kind), logHarm: logFarMore(broken) }],
    findings: (policy, state, context) => (isTold(kind, state) ? [findingOf(kind, policy, state, context)] : []),
    holds({ spec: { checks } }, state, { findings, logHold }): readonly Hold[] {
      const finding = findings.find(({ check }) => check === kind);
      if (finding === undefined || logHeld(state) < logHold) return [];
      return [{ kind: 'worse', check: kind, reason: whyRateHolds(checks, kind, finding) }];
    },
  };
}

function stepKind(kind: KindOfAnswer, state: KindState, sight: Sight, isSeen: boolean): KindState {
  return { ...observeRate(kind, state, sight, sight.bet), isSeen, broken: observeBroken(kind, state, sight) };
}

// Most rollouts see two kinds at most, and all others are compared alike: one of them is computed.
function stepUnseen(kind: KindOfAnswer, state: KindState, sight: Sight, step: () => KindState): KindState {
  const { hold, parity } = kindTerms(sight.policy.spec.checks, kind);
  const terms = [hold.relative, hold.absolute, parity.relative, parity.absolute, sight.shareOf(kind)];
  const known = UNSEEN.get(sight);
  if (known?.terms.every((term, at) => term === terms[at]) && isSameJson(known.state, state)) return known.next;
  const next = step();
  UNSEEN.set(sight, { state, terms, next });
  return next;
}

// Content is what nearly every answer has, and what the other kinds leave: it is told where there is too much of it.
function isTold(kind: KindOfAnswer, state: KindState): boolean {
  return state.isSeen && (kind !== 'withContent' || logHeld(state) > 0);
}

/** The mean of both tests: where a canary may still give more of a kind by the margin that holds, the other one sees most. */
function logHeld(state: KindState): number {
  return logSum([logRateHarm(state), logFarMore(state.broken)], [0.5, 0.5]);
}

function isIn({ canary, stable }: Block, kind: KindOfAnswer): boolean {
  return [canary, stable].some((tally) => tally !== null && countOfKind(tally, kind) > 0);
}

function marginOf({ spec: { checks } }: Policy): ErrorMargin | null {
  const { rollback } = checks.kinds;
  return rollback === 'off' ? null : rollback;
}

// Nearly all requests may be of a kind, so the drawn form would take every request that the stable loses for one of another kind.
function byCounts(sight: Sight): Sight {
  const { drawn: _, ...bet } = sight.bet;
  return { ...sight, compared: sight.settled?.block ?? sight.compared, settled: null, bet };
}

// No warm-up excuses answers of another kind, so the process bets in it as well, with the onset that guards have.
function observeBroken(kind: KindOfAnswer, state: KindState, sight: Sight): OnsetMixture {
  if (state.stable.requests < ENOUGH_PAST) return state.broken;
  const margin = marginOf(sight.policy) ?? heldOf(sight.policy.spec.checks, kind);
  const share = sight.shareOf(kind);
  const bet = { s1: pastShare(state), margin, share, injection: sight.guardsSpent, restAbove: 0 };
  return stepFarMoreCounted(state.broken, countsOf(sight.compared, kind), bet, sight);
}

// A kind may be rare or nearly all there is: the prior weighs no more than one request.
function pastShare({ stable: { events, requests } }: KindState): number {
  return (0.5 + events) / (1 + requests);
}

function findingOf(kind: KindOfAnswer, policy: Policy, state: KindState, context: LookContext): Finding {
  const { checks } = policy.spec;
  const finding = rateFinding(checks, kind, state, { ...context, budgetWeight: context.shareOf(kind) });
  const parity =
    kind === 'withContent'
      ? { logParity: null, logParityThreshold: null, parityMargin: null, needsCanaryRequests: null }
      : {};
  const limits = { ...(finding.limits ?? NO_LIMITS), ...(kind === 'withContent' ? { parity: null } : {}) };
  const margin = marginOf(policy);
  if (margin === null) return { ...finding, ...parity, limits };
  const holds = formatErrorMargin(heldOf(checks, kind), '+');
  const rollbackMargin = `${limitInWords(margin, pastShare(state))}; more than ${holds} holds`;
  const { stable } = finding;
  const rollback = stable === null ? null : farMoreLimit(stable, pastShare(state), edgeOf(margin), 0);
  const logHarm = logFarMore(state.broken);
  return { ...finding, ...parity, logHarm, rollbackMargin, limits: { ...limits, rollback } };
}

function limitInWords(margin: ErrorMargin, s1: number): string {
  return comparesTheRest(s1, edgeOf(margin), 0)
    ? `${formatShare(0.5)} of the other answers lost`
    : formatErrorMargin(margin, '+');
}
