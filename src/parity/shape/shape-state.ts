import type { Policy } from '../../policy/schema.ts';
import { WHOLE_BPS } from '../../split/assign.ts';
import type { GoneFact } from '../../stats/answers/shape-counts.ts';
import { stepShapes } from '../../stats/presence/close-shapes.ts';
import { addForcedShapes } from '../../stats/presence/forced-shapes.ts';
import { goneFactsIn } from '../../stats/presence/gone-facts.ts';
import { NO_SHAPES, type ShapeEvidence } from '../../stats/presence/shape-evidence.ts';
import { MOST_SLOTS } from '../../stats/presence/slots.ts';
import type { Sight } from '../context.ts';
import { capOf } from '../stake.ts';

export const RESPONSE_SHAPE = 'responseShape';

/** Null where the policy does not ask for it, and before the first answer that was read. */
export type ShapeState = ShapeEvidence | null;

/** The share that caps are computed for where the policy gives the check none: what holds is held to the same. */
const USUAL_SHARE = 0.1;
const HOUR_MS = 3_600_000;

/** One block, and in the internal phase what forced answers looked like. */
export function observeResponseShape(state: ShapeState, sight: Sight): ShapeState {
  const { policy, block, of } = sight;
  const next = observeShapes(state, sight);
  const isAsked = policy.spec.checks.responseShape !== undefined && of === 'none';
  const forced = isAsked ? block.forced.canary.shapes : undefined;
  if (!isAsked || (next === null && forced === undefined)) return next;
  return addForcedShapes(next ?? NO_SHAPES, forced, block.startedAt + block.durationMs);
}

/** A stage has its own forced answers: only the internal phase looks at them. */
export function restartShapes(state: ShapeState): ShapeState {
  if (state?.forced === undefined) return state;
  const { forced: _, ...evidence } = state;
  return evidence;
}

// Whether a canary is still cold does not matter to what it answers, so warm-ups count as any other time.
function observeShapes(state: ShapeState, sight: Sight): ShapeState {
  const { policy, block, of, bet } = sight;
  if (policy.spec.checks.responseShape === undefined) return state;
  const stable = block.canaryBps < WHOLE_BPS ? (block.stable?.shapes ?? null) : null;
  const canary = of === 'both' ? (block.canary?.shapes ?? null) : null;
  const gone = goneIn(block);
  if (stable === null && canary === null && gone.length === 0 && (state?.filling ?? null) === null) return state;
  const { startedAt, durationMs, splitEpoch: epoch, canaryBps: bps } = block;
  return stepShapes(
    state ?? NO_SHAPES,
    { startedAt, durationMs, epoch, bps, canary, stable, gone },
    { cap: capOfSlot(sight), phi: phiOf(sight), past: bet.past, steps: weightSteps(policy) },
  );
}

function goneIn({ stable, canary, forced, ruled }: Sight['block']): readonly GoneFact[] {
  const tallies = [stable, canary, forced.stable, forced.canary, ruled.stable, ruled.canary];
  return goneFactsIn(tallies.map((tally) => tally?.shapes));
}

function capOfSlot({ policy, shareOf }: Sight): number {
  return capOf(policy, (shareOf(RESPONSE_SHAPE) || USUAL_SHARE) / MOST_SLOTS);
}

function weightSteps({ spec: { steps } }: Policy): number {
  return steps.filter((step) => 'weight' in step).length;
}

/**
 * Where keys are sticky, each of them answers once an hour, so that the same users come again: in the k-th hour of a split their
 * evidence is divided by k(k+1), which sums to that of one answer (docs/statistics.md section 3.24).
 */
function phiOf({ assignment, block, splitSince }: Sight): number {
  if (assignment !== 'by-key') return 1;
  const hour = Math.floor(Math.max(0, block.startedAt - splitSince) / HOUR_MS) + 1;
  return hour * (hour + 1);
}
