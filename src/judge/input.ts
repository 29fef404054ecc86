import type { CheckName } from '../parity/finding.ts';
import type { Block } from '../stats/block.ts';
import type { UnitCounts } from '../stats/units/unit-ledger.ts';

/** Where the rollout is, as far as the judge is concerned. */
export interface StepContext {
  readonly kind: 'internal' | 'weight' | 'consumers' | 'bake';
  /** Index into the policy's steps; 0 for internal, the number of steps for bake. */
  readonly index: number;
  /** Which beta applies: the last compared (weight) step is `last` even when it is also the first. */
  readonly position: 'first' | 'middle' | 'last';
  /** How many times this version has been tried on the route in 30 days, including now; 1 when omitted. */
  readonly attempt?: number;
  /** The split epoch of this stage: blocks of another epoch are older than the stage. */
  readonly splitEpoch: number;
  /** Epoch ms at which the split was seen applied; null until then. */
  readonly appliedAt: number | null;
}

export interface LookInput {
  readonly at: number;
  /** Blocks closed since the last look, oldest first; null when the source was unusable, with `unusable` saying why. */
  readonly blocks: readonly Block[] | null;
  readonly unusable: string | null;
  readonly step: StepContext;
  readonly skippedChecks: readonly CheckName[];
  /** What the units of a sticky route did under the present weight, where a look at them is due; they stay with the source. */
  readonly units?: UnitCounts | 'uncounted' | null;
}
