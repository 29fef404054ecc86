import { answerClass, countLike } from '../answer-kind.ts';
import type { ForcedAnswers } from '../block.ts';
import { lnBernoulliRatio } from '../evidence/e-value.ts';
import { logSum } from '../evidence/log-sum.ts';

/** What forced requests say of a canary beside failures (docs/statistics.md section 3.16). */
export interface Surprise {
  /** Log e-value against "its answers are as unusual as twice the stable's there, and a tenth". */
  readonly logE: number;
  /** Requests to endpoints whose answers are known of the stable, and to others. */
  readonly counted: number;
  readonly unknown: number;
  /** Answers of a class that the stable seldom gives there, the most frequent first. */
  readonly unusual: readonly AnswersOf[];
  /** Answers of endpoints of which the stable's are not known, the most frequent first. */
  readonly unheld: readonly AnswersOf[];
}

export type AnswersOf = Omit<ForcedAnswers, 'past'>;

const ENOUGH_PAST = 20;
const TIMES = 2;
const BEYOND = 0.1;
/** The canary's share of unusual answers in each alternative. */
const RATES: readonly number[] = [0.5, 0.95];
const WEIGHTS: readonly number[] = [0.5, 0.5];
/** A class that the stable gives more often than this is usual. */
const USUAL = (1 - BEYOND) / TIMES;

/** Evidence at which the internal phase refuses. */
export const LOG_SURPRISED = Math.log(20);

/**
 * Holds the forced answers of each endpoint against the stable's past there, by class: the first digit of the status, 2xx
 * with and without content, 304. Forced requests are not drawn
 * by chance, so this can refuse, and blames nobody.
 */
export function surpriseOf(answers: readonly ForcedAnswers[]): Surprise {
  const logs = RATES.map(() => 0);
  const unusual: AnswersOf[] = [];
  const unheld: AnswersOf[] = [];
  let known = 0;
  let unknown = 0;
  for (const answer of answers) {
    const { status, requests, past, isEmpty = false } = answer;
    const told = toldOf(answer);
    const all = past.reduce((sum, count) => sum + count, 0);
    if (all < ENOUGH_PAST) {
      unknown += requests;
      unheld.push(told);
      continue;
    }
    known += requests;
    const isUnusual = (of: number) => countLike(past, of) <= USUAL * all;
    const seldom = past.reduce((sum, count, of) => sum + (isUnusual(of) ? count : 0), 0) / all;
    const tolerated = TIMES * seldom + BEYOND;
    const surprises = isUnusual(answerClass(status, isEmpty)) ? requests : 0;
    if (surprises > 0) unusual.push(told);
    for (const [index, rate] of RATES.entries()) {
      if (rate > tolerated) logs[index] = (logs[index] ?? 0) + lnBernoulliRatio(requests, surprises, rate, tolerated);
    }
  }
  const sorted = (list: readonly AnswersOf[]) => list.toSorted((left, right) => right.requests - left.requests);
  return { logE: logSum(logs, WEIGHTS), counted: known, unknown, unusual: sorted(unusual), unheld: sorted(unheld) };
}

function toldOf({ endpoint, status, requests, isEmpty }: ForcedAnswers): AnswersOf {
  return { endpoint, status, requests, ...(isEmpty === undefined ? {} : { isEmpty }) };
}

/** The share of unusual answers that this many usual ones rule out, at odds of 1 in 20. */
export function ruledOut(usual: number): number {
  return 1 - 0.05 ** (1 / usual);
}
