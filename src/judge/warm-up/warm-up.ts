import type { Policy } from '../../policy/schema.ts';
import type { Block } from '../../stats/block.ts';

/**
 * - `warm-up`: what the canary does is held against it by the processes of this warm-up alone.
 * - `returned`: by none but those for gross failures.
 * - `judged`: by the main processes.
 */
export type WarmUpPhase = 'warm-up' | 'returned' | 'judged';

/**
 * Where the canary stands after the last increase of its weight (docs/statistics.md section 3.17). All of it follows from
 * the order of the splits and from time; only a finding of the warm-up itself says what its return to the weight
 * before means.
 */
export interface WarmUp {
  /** How often the weight grew. */
  readonly entries: number;
  /** The weight of the last block. */
  readonly bps: number;
  /** Start of the first block with canary traffic since then, by the gateway's clock; null before it. */
  readonly since: number | null;
  /** `returned`: worse for certain while it warmed up, the canary went back to a smaller weight, where it goes on doing so. */
  readonly course: 'entered' | 'returned';
  /** Of the last block. */
  readonly phase: WarmUpPhase;
  /** Whether the evidence of this warm-up alone would roll back. */
  readonly isCertain: boolean;
}

/** Before the first block. */
export const NEVER_ENTERED: WarmUp = {
  entries: 0,
  bps: 0,
  since: null,
  course: 'entered',
  phase: 'warm-up',
  isCertain: false,
};

/** A canary that went back is judged there after this many warm-ups, if its weight was not given back by then. */
const LONGEST_RETURN = 2;

/** The state with one more block. Moves of a ramp are no increases: they have the split of the increase. */
export function stepWarmUp(
  { judge }: Policy['spec'],
  before: WarmUp,
  block: Pick<Block, 'startedAt' | 'canaryBps'>,
  split: 'same-split' | 'split-changed',
  traffic: 'canary-traffic' | 'none',
): WarmUp {
  const moved = movedTo(before, block, split);
  const since = moved.since ?? (traffic === 'canary-traffic' ? block.startedAt : null);
  return { ...moved, since, phase: phaseOf(judge.warmUp, moved.course, since, block.startedAt) };
}

/** How much of the warm-up has passed at the beginning of a block, from 0 to 1. */
export function passedOf(
  { judge }: Policy['spec'],
  { since }: WarmUp,
  { startedAt }: Pick<Block, 'startedAt'>,
): number {
  return since === null || judge.warmUp === 0 ? 0 : Math.min(1, Math.max(0, (startedAt - since) / judge.warmUp));
}

function movedTo(
  before: WarmUp,
  { startedAt, canaryBps: bps }: Pick<Block, 'startedAt' | 'canaryBps'>,
  split: 'same-split' | 'split-changed',
): WarmUp {
  // Nothing within a split takes the weight to nothing but a trial of the stable, which is no step down.
  if (split === 'same-split' && bps === 0) return before;
  const isNew = split === 'split-changed' || before.bps === 0;
  if (isNew && bps > before.bps) {
    return { ...NEVER_ENTERED, entries: before.entries + 1, bps };
  }
  const goesBack = isNew && bps < before.bps && before.isCertain && before.course === 'entered';
  return goesBack ? { ...before, bps, since: startedAt, course: 'returned' } : { ...before, bps };
}

function phaseOf(warmUpMs: number, course: WarmUp['course'], since: number | null, at: number): WarmUpPhase {
  if (warmUpMs === 0) return 'judged';
  if (course === 'returned') return at < (since ?? at) + LONGEST_RETURN * warmUpMs ? 'returned' : 'judged';
  return since === null || at < since + warmUpMs ? 'warm-up' : 'judged';
}

/**
 * The share of the budget of one warm-up's own processes: every increase that the policy has, the one to the bake included, may
 * be tried twice. A warm-up beyond those (somebody set the weight by hand) has none.
 *
 * @param share that of all warm-ups together
 */
export function shareOfEntry({ spec }: Policy, share: number, entry: number): number {
  const planned = 2 * (spec.steps.filter((step) => 'weight' in step).length + 1);
  return entry <= planned ? share / planned : 0;
}
