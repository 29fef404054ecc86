import type { CheckStates } from '../parity/checks.ts';
import { openEach } from '../parity/each-check.ts';
import type { Policy } from '../policy/schema.ts';
import { type OnsetSchedule, UNSTARTED } from '../stats/evidence/onset-schedule.ts';
import { NO_PACE, type Pace } from '../stats/evidence/pace.ts';
import { EMPTY_WINDOW, type Window } from '../stats/evidence/window.ts';
import { type GroupDispersion, NO_DISPERSION } from '../stats/rates/dispersion.ts';
import { type Arrivals, type Carry, NO_ARRIVALS } from './carry.ts';
import { type FaultWatch, NO_FAULT } from './fault/shared-fault.ts';
import { NO_SLOWNESS, type SlownessWatch } from './fault/shared-slowness.ts';
import type { Verdict } from './verdict.ts';
import { NEVER_ENTERED, type WarmUp } from './warm-up/warm-up.ts';

/** Incremented whenever older state cannot be read as it is; see `recall` for how that is handled. */
export const JUDGE_FORMAT = 6;

/** The judge's whole memory of one rollout: plain JSON, restored bit for bit. */
export interface JudgeState {
  readonly format: typeof JUDGE_FORMAT;
  /** Kind and index of the stage of the last look; null before the first. */
  readonly stage: string | null;
  /** Split epoch of the last block, and start of the first block of that epoch by the gateway's clock. */
  readonly splitEpoch: number | null;
  readonly splitSince: number | null;
  /** How the randomised traffic is assigned, as the first block with both versions has it; null before. */
  readonly assignment: 'per-request' | 'by-key' | null;
  /** Time of the last look that had a block. */
  readonly fedAt: number | null;
  /** End of the last block, by the gateway's clock. */
  readonly measuredUntil: number | null;
  readonly warmUp: WarmUp;
  /** The number of blocks in which the canary had traffic, or was compared by mirrored requests. */
  readonly canaryBlocks: number;
  readonly onset: { readonly comparison: OnsetSchedule; readonly guards: OnsetSchedule };
  /** What each check remembers. */
  readonly checks: CheckStates;
  readonly groups: GroupDispersion;
  readonly fault: FaultWatch;
  readonly slowness: SlownessWatch;
  readonly pace: Pace;
  /** Traffic of both versions, over all splits; and blocks that are merged for want of it. */
  readonly traffic: Arrivals;
  readonly carry: Carry | null;
  /** Figures since the step began. */
  readonly step: Window;
  /** The combined log evidence of all checks, and the figures since it was at its lowest: the estimated onset. */
  readonly harm: { readonly level: number; readonly lowest: number; readonly since: Window };
  /** The verdict that found the canary harmful; it is final. */
  readonly decided: Verdict | null;
  /** Why there is no memory of earlier blocks; null when there is, and from the next stage on. */
  readonly anew: string | null;
}

/** The state before the first look: every e-process is at 1. */
export function openJudgement(policy: Policy): JudgeState {
  return {
    format: JUDGE_FORMAT,
    stage: null,
    splitEpoch: null,
    splitSince: null,
    assignment: null,
    fedAt: null,
    measuredUntil: null,
    warmUp: NEVER_ENTERED,
    canaryBlocks: 0,
    onset: { comparison: UNSTARTED, guards: UNSTARTED },
    checks: openEach(policy),
    groups: NO_DISPERSION,
    fault: NO_FAULT,
    slowness: NO_SLOWNESS,
    pace: NO_PACE,
    traffic: NO_ARRIVALS,
    carry: null,
    step: EMPTY_WINDOW,
    harm: { level: 0, lowest: 0, since: EMPTY_WINDOW },
    decided: null,
    anew: null,
  };
}
