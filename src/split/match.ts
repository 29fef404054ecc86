import { assign } from './assign.ts';
import type { ConsumerRule, SplitOrder, Track } from './order.ts';

/** The parts of a request that decide its version. */
export interface SplitInput {
  /** Value of the force header; null when it is absent. */
  readonly force: string | null;
  /** The rule of a listed consumer, `unlisted` for a credential that is not listed, null for no credential. */
  readonly consumer: ConsumerRule | 'unlisted' | null;
  /** Uniform over 32 bits: drawn, or of the sticky key by `stickyHash`. */
  readonly hash: number;
}

/** Only `weight` is randomised; what was forced or ruled never enters the comparison. */
export type ChosenBy = 'force' | 'consumer' | 'weight';

export interface SplitChoice {
  readonly track: Track;
  readonly by: ChosenBy;
}

// One object per outcome: a choice is made per request and allocates nothing.
const CHOICES = {
  force: { stable: { track: 'stable', by: 'force' }, canary: { track: 'canary', by: 'force' } },
  consumer: { stable: { track: 'stable', by: 'consumer' }, canary: { track: 'canary', by: 'consumer' } },
  weight: { stable: { track: 'stable', by: 'weight' }, canary: { track: 'canary', by: 'weight' } },
} as const satisfies Record<ChosenBy, Record<Track, SplitChoice>>;

/**
 * The version for a request; the first match wins: force header, consumer rule, weight. A client that is not listed, or
 * sends no credential, gets the order's default: `stable` is a rule, `by-weight` is randomised.
 */
export function chooseTrack(order: SplitOrder, input: SplitInput): SplitChoice {
  if (order.canary === null) return CHOICES.weight.stable;
  if (input.force !== null && order.forceAllowed) {
    const forced = forcedTrack(input.force, order.stable.version, order.canary.version);
    if (forced !== null) return CHOICES.force[forced];
  }
  if (order.consumerDefault !== null) {
    const listed = input.consumer !== null && input.consumer !== 'unlisted';
    const rule = listed ? input.consumer : order.consumerDefault;
    if (rule !== 'by-weight') return CHOICES.consumer[rule];
  }
  return CHOICES.weight[assign(input.hash, order.canaryBps)];
}

/** Whether a force header can be followed: it names one version, and that version is served. */
export function hasVersion({ stable, canary, forceAllowed }: SplitOrder, value: string): boolean {
  if (canary !== null && forceAllowed) return forcedTrack(value, stable.version, canary.version) !== null;
  const wanted = value.toLowerCase();
  return wanted === 'stable' || wanted === stable.version.toLowerCase();
}

/** Null for a value that names no version, and for a name that both versions have. */
function forcedTrack(value: string, stable: string, canary: string): Track | null {
  const wanted = value.toLowerCase();
  if (wanted === 'stable' || wanted === 'canary') return wanted;
  const isStable = wanted === stable.toLowerCase();
  const isCanary = wanted === canary.toLowerCase();
  if (isStable === isCanary) return null;
  return isCanary ? 'canary' : 'stable';
}
