import type { CheckName } from './finding.ts';

/** One check's part in the combined evidence: its share of the budget and its log e-value against "no harm". */
export interface Stake {
  readonly check: CheckName;
  readonly weight: number;
  readonly logHarm: number;
}

/** ln(weight * E) of one stake: at or above the threshold it carries the verdict alone. */
export function partOf({ weight, logHarm }: Pick<Stake, 'weight' | 'logHarm'>): number {
  return weight > 0 ? Math.log(weight) + logHarm : Number.NEGATIVE_INFINITY;
}

/**
 * The log e-value at which a check decides alone, since the combined evidence is the weighted sum of e-values: infinite
 * for one that stakes nothing.
 */
export function aloneAt(weight: number, logThreshold: number): number {
  return weight > 0 ? logThreshold - Math.log(weight) : Number.POSITIVE_INFINITY;
}
