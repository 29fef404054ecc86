import { WHOLE_BPS } from '../../split/assign.ts';
import type { ConsumerRule, SplitOrder, Track } from '../../split/order.ts';

/** Which version a consumer of the rule gets; null where it is drawn. */
export function trackOfRule({ canary, canaryBps, consumerDefault }: SplitOrder, rule: ConsumerRule): Track | null {
  if (canary === null) return 'stable';
  if (consumerDefault !== null && rule !== 'by-weight') return rule;
  if (canaryBps === 0) return 'stable';
  return canaryBps === WHOLE_BPS ? 'canary' : null;
}
