import { coldRate, logRateHarm } from '../../stats/rates/error-rate.ts';
import { logGross } from '../../stats/rates/gross.ts';
import { type Check, type Hold, reactionOf } from '../check.ts';
import type { Claim } from '../stake.ts';
import { contentFinding, whyContentHolds } from './content-finding.ts';
import { asksForContent, asksForEndings, CONTENT_SHARES, type ContentShare, contentShare } from './content-shares.ts';
import { type ContentState, observeContent, openShare, restartContent } from './content-state.ts';

/** Of the weight of errors, for each of the shares that roll back. */
const PART = 2;
const WHOLE = 8;

/**
 * Errors that the status does not tell: in the bodies of the answers that were read, and in streams that end without their last
 * event. Answers that cannot be read any more hold, or a version that stops answering JSON would have no errors.
 */
export const contentCheck: Check<ContentState> = {
  names: { listed: CONTENT_SHARES.map(({ name }) => name) },
  compares: 'requests',
  terms(policy, name) {
    const share = contentShare(name);
    if (share === null) return null;
    const { onHarm } = reactionOf(policy.spec.checks.errors);
    return { label: share.label(policy), dryRun: share.isDryRun(policy), onHarm, against: 'stable' };
  },
  claims: (policy) =>
    CONTENT_SHARES.filter((share) => share.reacts === 'rolls-back' && share.isAsked(policy)).map(
      ({ name }): Claim => ({ check: name, of: 'errors', part: [PART, WHOLE] }),
    ),
  open: () => ({}),
  observe: observeContent,
  restart: restartContent,
  stakes: (_, state, shareOf) =>
    CONTENT_SHARES.flatMap((share) => {
      const known = state[share.name];
      if (known === undefined || share.reacts === 'holds') return [];
      return [
        {
          check: share.name,
          weight: shareOf(share.name),
          logHarm: logRateHarm(known.rate),
          cold: () => coldRate(known.rate),
        },
      ];
    }),
  findings: (policy, state, context) =>
    CONTENT_SHARES.filter((share) => share.isAsked(policy)).flatMap((share) => {
      const known = state[share.name] ?? openShare(policy, share);
      if (share.reacts === 'holds' && !known.isSeen) return [];
      return [contentFinding(policy, share, known, { ...context, budgetWeight: context.shareOf(share.name) })];
    }),
  holds: (policy, state, { findings, logHold }) =>
    CONTENT_SHARES.flatMap((share): readonly Hold[] => {
      const finding = findings.find(({ check }) => check === share.name);
      if (finding === undefined || logHolding(share, state) < logHold) return [];
      return [{ kind: 'worse', check: share.name, reason: whyContentHolds(policy, share, finding) }];
    }),
};

/** How many parts of the weight of errors these checks take, of eight. */
export function partOfErrors(policy: Parameters<typeof asksForContent>[0]): number {
  return [asksForContent(policy), asksForEndings(policy)].filter(Boolean).length * PART;
}

// Where keys are sticky all of it only holds; elsewhere what can roll back does that.
function logHolding(share: ContentShare, state: ContentState): number {
  const known = state[share.name];
  if (known === undefined) return 0;
  if (known.byKey !== null) return logGross(known.byKey);
  return share.reacts === 'holds' ? logRateHarm(known.rate) : 0;
}
