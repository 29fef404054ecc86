import type { ErrorMargin } from '../policy/checks/margins.ts';
import { boundaryAt } from '../stats/evidence/e-value.ts';
import { formatErrorMargin, formatShare } from './figures.ts';
import type { Finding } from './finding.ts';

/**
 * Why a share holds the canary. The evidence covers the whole rollout, and fades more slowly than the figures of a new step
 * change: so it may be about an earlier time.
 *
 * @param figures the figures as a clause, where a name and two shares would say less
 */
export function whyShareHolds(
  hold: ErrorMargin,
  { canary, stable }: Pick<Finding, 'canary' | 'stable'>,
  name: string,
  figures?: string,
): string {
  const margin = `more than ${formatErrorMargin(hold, '+')} above the stable`;
  const limit = { rho: 1 + hold.relative, a: hold.absolute };
  if (canary === null || stable === null || canary <= boundaryAt(limit, stable)) {
    return `${name} were ${margin} earlier in this rollout, which still holds the canary`;
  }
  return `${figures ?? `${name} ${formatShare(canary)} against ${formatShare(stable)}`}, ${margin}, which holds the canary`;
}

/** The same where keys are sticky, and what is compared is not counted by key. */
export function whyHoldsByKey({ brief, says }: Pick<Finding, 'brief' | 'says'>): string {
  return `${brief ?? says}: far more, which holds the canary; keys are sticky and one client may be most of it, so that nothing is rolled back`;
}
