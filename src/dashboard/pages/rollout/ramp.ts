import type { RolloutView } from '../../views.ts';
import { weightText } from '../../words/figures.ts';
import { shareNow } from '../../words/share-now.ts';

/** How the share in force is below the ordered one: a ramp is under way, or harm was found during it, and ended it where it was. */
export type RampNow = { readonly kind: 'growing' | 'stopped'; readonly bps: number };

type RampedRollout = Pick<RolloutView, 'canaryBps' | 'inForceBps' | 'needs' | 'unrecorded'>;

/** Null where the ordered share is in force, and where the gateway took it back. */
export function rampNow(rollout: RampedRollout): RampNow | null {
  const { canaryBps, needs, unrecorded } = rollout;
  const bps = shareNow(rollout);
  if (bps >= canaryBps || (unrecorded !== null && unrecorded.event !== 'harmHeld')) return null;
  const isHeld = unrecorded !== null || needs.some(({ what, met }) => what === 'harm' && !met);
  return { kind: isHeld ? 'stopped' : 'growing', bps };
}

/** Behind the share that is in force: `; 50 % is ordered, and the share grows to it` */
export function orderedInWords(canaryBps: number, { kind }: RampNow): string {
  const ordered = `; ${weightText(canaryBps)} is ordered`;
  return kind === 'growing'
    ? `${ordered}, and the share grows to it`
    : `${ordered}, and harm was found during the ramp, which ended there`;
}

/** For a line of the ladder. */
export function rampInShort({ kind, bps }: RampNow): string {
  return kind === 'growing' ? `${weightText(bps)} now, growing to it` : `${weightText(bps)}, where the ramp ended`;
}
