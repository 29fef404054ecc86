import { type IntervalMixture, logIntervals, openIntervals, stepIntervals } from '../evidence/interval-mixture.ts';
import { logSum } from '../evidence/log-sum.ts';

/** A test of "an interval goes against the canary with at most this chance, whatever the others did" (docs/statistics.md section 3.26). */
export type SignTest = IntervalMixture;

export type Sign = 'against' | 'for';

/** How far each alternative lies from the chance of the null (0) to "every interval" (1), and its weight. */
const TOWARDS: readonly number[] = [0.25, 0.6, 0.95];
const WEIGHTS: readonly number[] = [0.25, 0.35, 0.4];

export function openSigns(): SignTest {
  return openIntervals(TOWARDS.length);
}

/** @param chance the largest chance of "against" under the null, 0 < chance < 1 */
export function stepSigns(state: SignTest, sign: Sign, chance: number): SignTest {
  return stepIntervals(state, signLogE(sign, chance));
}

/**
 * Log e-values of one interval for each alternative.
 *
 * @example signLogE('against', 0.5)[2] // ln 1.95
 */
export function signLogE(sign: Sign, chance: number): readonly number[] {
  return TOWARDS.map((towards) => {
    const bet = chance + towards * (1 - chance);
    return sign === 'against' ? Math.log(bet / chance) : Math.log((1 - bet) / (1 - chance));
  });
}

export function logSigns(state: SignTest): number {
  return logIntervals(state, WEIGHTS);
}

/** Log e-values by alternative against "it goes against the canary in more than half of the intervals". */
export type SignParity = readonly number[];

export const NO_SIGN_PARITY: SignParity = TOWARDS.map(() => 0);
/** The most that one interval adds. */
export const LARGEST_SIGN_BET = Math.log(1 + Math.max(...TOWARDS));

export function stepSignParity(parity: SignParity, sign: Sign, ceiling: number): SignParity {
  const logE = signLogE(sign === 'for' ? 'against' : 'for', 0.5);
  return parity.map((log, at) => Math.min(ceiling, log + (logE[at] ?? 0)));
}

export function logSignParity(parity: SignParity): number {
  return logSum(parity, WEIGHTS);
}
