import { budgetOf } from '../judge/budget.ts';
import { isDryRun } from '../parity/each-check.ts';
import { bucketMargins } from '../parity/latency/bucket-margins.ts';
import { rateMargins } from '../parity/rate.ts';
import type { Policy } from '../policy/schema.ts';
import { boundaryAt, clipRate } from '../stats/evidence/e-value.ts';
import { GAMMA } from '../stats/latency/log-histogram.ts';
import { type ComparedStep, edgeAt, type PlannedCheck } from './forecast-evidence.ts';
import { type ExpectedTraffic, quantileMs, shareSlowerThan } from './traffic.ts';
import type { QuantileName } from '../parity/finding.ts';
import { LEVELS, QUANTILES } from '../parity/latency/latency.ts';
import { blocksUntilHarm, quantileGain, rateHarmGain } from '../stats/rates/forecast.ts';

/** A canary that is worse by a factor: its error rate, or every one of its latencies. */
export interface Regression {
  readonly of: 'errors' | 'latency';
  readonly factor: number;
}

/** The outcome of a regression that exists when the step begins. */
export type HarmForecast =
  | {
      readonly kind: 'caught';
      /** `dominance` among them. */
      readonly check: string;
      readonly ms: number;
      /** Requests that the canary serves until then, and how many of them fail because of the regression. */
      readonly canaryRequests: number;
      readonly failures: number | null;
    }
  /** Not a regression by contract: it is within the margin of every check that may roll back. */
  | { readonly kind: 'inside-margin' }
  /** Beyond a margin, and smaller than any effect that the judge bets on: most would never be found. */
  | { readonly kind: 'too-small' }
  /** Every check that could find it reports only. */
  | { readonly kind: 'reported' };

/** Of the mass of the mixture over onsets, what a regression from the start meets. */
const FROM_THE_START = 0.5;

/** How soon the judge rolls back for the regression: the median, by the test that is first. */
export function forecastHarm(
  policy: Policy,
  traffic: ExpectedTraffic,
  step: ComparedStep,
  regression: Regression,
): HarmForecast {
  const { checks, judge } = policy.spec;
  const { harm: logThreshold, cap } = step.thresholds;
  const perSecond = step.share * traffic.requestsPerSecond;
  const found = regression.of === 'errors' ? [byErrors()] : QUANTILES.map(byQuantile);
  const [first] = found.flatMap((one) => one ?? []).toSorted((left, right) => left.ms - right.ms);
  if (first === undefined) return { kind: 'inside-margin' };
  const canaryRequests = Math.ceil((perSecond * first.ms) / 1_000);
  const failures = regression.of === 'errors' ? Math.ceil(canaryRequests * addedErrors(traffic, regression)) : null;
  return { kind: 'caught', ...first, canaryRequests, failures };

  function byErrors() {
    const boundary = rateMargins(checks, 'errors').rollback;
    const worse = clipRate(traffic.errorRate + addedErrors(traffic, regression));
    if (boundary === null || worse <= boundaryAt(boundary, traffic.errorRate)) return null;
    const gain = rateHarmGain(clipRate(traffic.errorRate), worse, boundary, step.share);
    return caught('errors', budgetOf(policy, 'errors'), gain, 0);
  }

  function byQuantile(check: QuantileName) {
    const slow = 1 - LEVELS[check];
    const slowMs = quantileMs(traffic.latency, LEVELS[check]);
    const { rollback } = bucketMargins(checks, check, edgeAt(slowMs, slow));
    const worse = clipRate(shareSlowerThan(traffic.latency, (slowMs * GAMMA ** rollback) / regression.factor));
    if (worse <= slow) return null;
    return caught(check, budgetOf(policy, check), quantileGain(worse, slow, step.share), step.warmUpMs);
  }

  function caught(check: PlannedCheck, weight: number, gain: number, delayMs: number) {
    if (weight <= 0) return null;
    const bet = { logThreshold, budgetWeight: weight, cap, minBlocks: judge.minBlocks };
    const blocks = blocksUntilHarm(bet, gain, (perSecond * judge.block) / 1_000);
    return { check, ms: blocks * judge.block + delayMs };
  }
}

/** Whether a canary that much worse could still show parity, and so be promoted before it is caught. */
export function mayPassParity(policy: Policy, traffic: ExpectedTraffic, { of, factor }: Regression): boolean {
  const { checks } = policy.spec;
  if (of === 'errors') {
    const { parity } = rateMargins(checks, 'errors');
    return (
      isDryRun(policy, 'errors') ||
      parity.some((boundary) => factor * traffic.errorRate < boundaryAt(boundary, traffic.errorRate))
    );
  }
  return QUANTILES.filter((check) => !isDryRun(policy, check)).every((check) => {
    const edge = edgeAt(quantileMs(traffic.latency, LEVELS[check]), 1 - LEVELS[check]);
    return factor < GAMMA ** bucketMargins(checks, check, edge).parity;
  });
}

function addedErrors({ errorRate }: ExpectedTraffic, { factor }: Regression): number {
  return Math.min(1, factor * errorRate) - errorRate;
}
