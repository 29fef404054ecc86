import { openRateCheck } from '../parity/errors.ts';
import type { GuardsState } from '../parity/guards.ts';
import { openGuards } from '../parity/guards.ts';
import { type LatencyState, openLatency } from '../parity/latency.ts';
import type { Policy } from '../policy/schema.ts';
import type { RateState } from '../stats/error-rate.ts';
import { type OnsetSchedule, UNSTARTED } from '../stats/onset-schedule.ts';
import { NO_PACE, type Pace } from '../stats/pace.ts';
import { EMPTY_WINDOW, type Window } from '../stats/window.ts';
import type { Verdict } from './verdict.ts';

/** The judge's whole memory of one rollout: plain JSON, restored bit for bit. */
export interface JudgeState {
  readonly format: 1;
  /** Kind and index of the stage that the last look was about; null before the first. */
  readonly stage: string | null;
  /** Split epoch of the last block. */
  readonly splitEpoch: number | null;
  /** Time of the last look that had a block. */
  readonly fedAt: number | null;
  /** End of the last block, by the gateway's clock. */
  readonly measuredUntil: number | null;
  /** Start of the first block in which the canary had traffic, by the gateway's clock, and how many had some. */
  readonly canarySince: number | null;
  readonly canaryBlocks: number;
  readonly onset: { readonly comparison: OnsetSchedule; readonly guards: OnsetSchedule };
  readonly errors: RateState;
  readonly clientErrors: RateState;
  readonly latency: LatencyState;
  readonly guards: GuardsState;
  readonly pace: Pace;
  /** Figures since the step began. */
  readonly step: Window;
  /** Figures since the combined evidence of harm was at its lowest: since the onset, as far as can be told. */
  readonly harm: { readonly lowest: number; readonly since: Window };
  /** The verdict that found the canary harmful; it is final. */
  readonly decided: Verdict | null;
}

/** The state before the first look: every e-process is at 1. */
export function openJudgement(policy: Policy): JudgeState {
  const { checks, guards } = policy.spec;
  return {
    format: 1,
    stage: null,
    splitEpoch: null,
    fedAt: null,
    measuredUntil: null,
    canarySince: null,
    canaryBlocks: 0,
    onset: { comparison: UNSTARTED, guards: UNSTARTED },
    errors: openRateCheck(checks, 'errors'),
    clientErrors: openRateCheck(checks, 'clientErrors'),
    latency: openLatency(),
    guards: openGuards(guards),
    pace: NO_PACE,
    step: EMPTY_WINDOW,
    harm: { lowest: 0, since: EMPTY_WINDOW },
    decided: null,
  };
}
