import type { Totals } from '../../stats/evidence/window.ts';
import type { FindingContext } from '../context.ts';
import { formatShare } from '../figures.ts';
import type { Finding } from '../finding.ts';

/** A canary that refuses or fails this much more may owe its speed to that. */
const WORTH_SAYING = 0.01;

/**
 * The findings of latencies, which say so where the source cannot leave out errors and 4xx. The verdict says it as well where the canary
 * has more of these, since they are quick.
 */
export function sayingOfWhat(
  findings: readonly Finding[],
  { figures }: Pick<FindingContext, 'figures'>,
): readonly Finding[] {
  const { canary, stable } = figures;
  if (canary.latencyOf === undefined && stable.latencyOf === undefined) return findings;
  const [ofCanary, ofStable] = [seldomWell(canary), seldomWell(stable)];
  const aside =
    `latencies are of all answers, and ${formatShare(ofCanary)} of the canary's are errors or 4xx, ` +
    `${formatShare(ofStable)} of the stable's: where these are quick, it looks faster than it is`;
  const isWorthSaying = ofCanary - ofStable >= WORTH_SAYING;
  return findings.map((finding, index) => ({
    ...finding,
    says: `${finding.says}; of all answers, errors and 4xx among them`,
    ...(isWorthSaying && index === 0 ? { aside } : {}),
  }));
}

function seldomWell({ requests, errors, clientErrors }: Totals): number {
  return requests === 0 ? 0 : (errors + clientErrors) / requests;
}
