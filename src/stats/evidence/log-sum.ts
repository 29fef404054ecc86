import { sum } from 'simple-statistics';

/**
 * ln(sum of weight_i * exp(log_i)), computed without overflow and by compensated summation (Neumaier);
 * a null log stands for ln 0, and a term of no weight is none, however large.
 * -Infinity when every term is zero.
 *
 * @example logSum([0, Math.log(3)], [0.5, 0.5]) // ln 2
 */
export function logSum(logs: readonly (number | null)[], weights: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < logs.length; index += 1) {
    const log = logs[index] ?? Number.NEGATIVE_INFINITY;
    if (log > largest && (weights[index] ?? 0) > 0) largest = log;
  }
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  const terms = logs.map((log, index) => {
    const weight = weights[index] ?? 0;
    return log === null || weight === 0 ? 0 : weight * Math.exp(log - largest);
  });
  return largest + Math.log(sum(terms));
}
