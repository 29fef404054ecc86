import { WHOLE_BPS } from '../split/assign.ts';
import { logSplitLack, type SplitShare, stepSplitShare, UNWATCHED_SPLIT } from '../stats/rates/split-share.ts';
import { sentRequests } from '../stats/rates/unanswered.ts';
import type { Check } from './check.ts';
import type { Sight } from './context.ts';
import { formatCount } from './figures.ts';

/** A canary that does not get its share of the traffic under the present split. It reports no findings, and only holds. */
export const splitShareCheck: Check<SplitShare> = {
  names: { listed: [] },
  terms: () => null,
  open: () => UNWATCHED_SPLIT,
  observe: observeSplit,
  findings: () => [],
  holds(_, state, { step: { canary, stable }, logHold }) {
    if (logSplitLack(state) < logHold) return [];
    const requests = canary.requests + canary.unanswered;
    const all = requests + stable.requests + stable.unanswered;
    const figures = `${formatCount(requests)} of ${formatCount(all)} requests in this step`;
    return [{ kind: 'starved', check: null, reason: `canary gets no traffic: ${figures}, too few for its weight` }];
  },
};

function observeSplit(state: SplitShare, { block, of, split, bet }: Sight): SplitShare {
  const before = split === 'same-split' ? state : UNWATCHED_SPLIT;
  if (of !== 'both' || block.canary === null || block.stable === null) return before;
  const sent = { canary: sentRequests(block.canary), stable: sentRequests(block.stable) };
  return stepSplitShare(before, sent, block.canaryBps / WHOLE_BPS, bet.cap);
}
