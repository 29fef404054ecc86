import { thresholdsOf } from '../judge/thresholds.ts';
import type { Policy } from '../policy/schema.ts';
import { positionOf } from '../rollout/plan.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import { type ComparedStep, type EvidenceForecast, forecastEvidence, leastQueryMs } from './forecast-evidence.ts';
import { forecastHarm, type HarmForecast, mayPassParity, type Regression } from './forecast-harm.ts';
import type { ExpectedTraffic } from './traffic.ts';

/** How long a step takes, estimated before any deployment, and what it would catch. */
export interface StepPlan {
  /** The policy's n-th step, from one. */
  readonly step: number;
  readonly weightBps: number;
  readonly dwellMs: number;
  readonly evidence: readonly EvidenceForecast[];
  /** Time until all evidence is in; four rollouts in five need 0.3 to 2.3 times as long. Null for never. */
  readonly evidenceMs: number | null;
  /** The slowest check, or the one that never shows parity; null when only queries have to. */
  readonly slowest: EvidenceForecast['check'] | null;
  /** Minimum time for the parity of the queries; 0 without any. */
  readonly queriesMs: number;
  /** The longest of dwell, evidence, queries and the minimum length of a step; null for never, and where a person ends it. */
  readonly takesMs: number | null;
  readonly regressions: readonly RegressionPlan[];
}

export interface RegressionPlan extends Regression {
  /** `outlasts-step`: it may pass for parity, and would be promoted to the next step before it is caught. */
  readonly outcome:
    | HarmForecast
    | (Omit<HarmForecast & { kind: 'caught' }, 'kind'> & { readonly kind: 'outlasts-step' });
}

export const REGRESSIONS: readonly Regression[] = [
  { of: 'errors', factor: 2 },
  { of: 'errors', factor: 5 },
  { of: 'errors', factor: 20 },
  { of: 'latency', factor: 1.1 },
  { of: 'latency', factor: 1.25 },
  { of: 'latency', factor: 2 },
];

/** What a step would need, and catch, at another weight. */
export function planStep(
  policy: Policy,
  traffic: ExpectedTraffic,
  index: number,
  { weight, dwell }: { readonly weight: number; readonly dwell: number },
): StepPlan {
  const { steps, judge, dryRun } = policy.spec;
  const position = positionOf(steps, index);
  const context = { kind: 'weight', index, position, splitEpoch: 1, appliedAt: 0 } as const;
  const compared: ComparedStep = {
    share: weight / WHOLE_BPS,
    thresholds: thresholdsOf(policy, context),
    warmUpMs: judge.warmUp,
  };
  const evidence = forecastEvidence(policy, traffic, compared);
  const timeOf = (one: EvidenceForecast) => (one.kind === 'shown' ? one.ms : Number.POSITIVE_INFINITY);
  const last = evidence.toSorted((left, right) => timeOf(right) - timeOf(left))[0] ?? null;
  const evidenceMs = last?.kind === 'never' ? null : (last?.ms ?? 0);
  const queriesMs = leastQueryMs(policy, compared);
  const takesMs = evidenceMs === null || dryRun ? null : Math.max(dwell, evidenceMs, queriesMs, judge.minStep);
  return {
    step: index + 1,
    weightBps: weight,
    dwellMs: dwell,
    evidence,
    evidenceMs,
    slowest: last?.check ?? null,
    queriesMs,
    takesMs,
    regressions: REGRESSIONS.map((regression) => {
      const outcome = forecastHarm(policy, traffic, compared, regression);
      const passes = takesMs !== null && mayPassParity(policy, traffic, regression);
      const missed = outcome.kind === 'caught' && passes && outcome.ms > takesMs;
      return { ...regression, outcome: missed ? { ...outcome, kind: 'outlasts-step' } : outcome };
    }),
  };
}
