import { learnCount, NOTHING_COUNTED, type PastCount, usualShare } from './past-count.ts';
import {
  NO_SIGN_PARITY,
  openSigns,
  type Sign,
  type SignParity,
  type SignTest,
  stepSignParity,
  stepSigns,
} from './signs.ts';

/** Lines of one level for each request (docs/statistics.md section 3.26). */
export interface LineRate {
  readonly past: PastCount;
  readonly more: SignTest;
  /** Evidence that the canary has not more, in the present stage. */
  readonly notMore: SignParity;
  /** End of the first interval that went against the canary, epoch ms; null before it. */
  readonly since: number | null;
}

/** Lines and requests of one interval. `atRest`: lines that the canary has without requests, in such a span. */
export interface LinesOfInterval {
  readonly canary: { readonly lines: number; readonly requests: number; readonly atRest: number };
  readonly stable: { readonly lines: number; readonly requests: number };
  readonly until: number;
}

export interface LineMargin {
  readonly rho: number;
  readonly a: number;
}

const LARGEST_CHANCE = 0.9;
const HALF = 0.5;

export const NO_LINE_RATE: LineRate = {
  past: NOTHING_COUNTED,
  more: openSigns(),
  notMore: NO_SIGN_PARITY,
  since: null,
};

export function restartLineRate(state: LineRate): LineRate {
  return { ...state, notMore: NO_SIGN_PARITY };
}

export function learnLines(state: LineRate, lines: number, requests: number, durationMs: number): LineRate {
  return { ...state, past: learnCount(state.past, lines, requests, durationMs) };
}

/**
 * One interval of both versions, before it becomes past. Whatever the law of the lines, of a version with the mean m an interval has
 * more than rho * m with a chance of at most 1/rho (Markov), so that clumps of any size, and jobs that run now and then, are covered.
 *
 * @param parityCeiling null where the interval does not count for parity
 */
export function stepLineRate(
  state: LineRate,
  { canary, stable, until }: LinesOfInterval,
  { rho, a }: LineMargin,
  parityCeiling: number | null,
): LineRate {
  const present = stable.requests === 0 ? 0 : stable.lines / stable.requests;
  const limit = rho * Math.max(present, usualShare(state.past)) + a;
  const isMore = Math.max(0, canary.lines - canary.atRest) / canary.requests > limit;
  const sign: Sign = isMore ? 'against' : 'for';
  return {
    ...state,
    more: stepSigns(state.more, sign, Math.max(HALF, Math.min(LARGEST_CHANCE, 1 / rho))),
    notMore: parityCeiling === null ? state.notMore : stepSignParity(state.notMore, sign, parityCeiling),
    since: state.since ?? (isMore ? until : null),
  };
}
