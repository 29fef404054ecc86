import type { Thresholds } from '../judge/thresholds.ts';
import { isDryRun } from '../parity/each-check.ts';
import { bucketMargins } from '../parity/latency/bucket-margins.ts';
import { QUANTILES } from '../parity/latency/latency.ts';
import { rateMargins } from '../parity/rate.ts';
import { levelOf } from '../policy/names.ts';
import type { Policy } from '../policy/schema.ts';
import { clipRate } from '../stats/evidence/e-value.ts';
import { bucketOf, GAMMA } from '../stats/latency/log-histogram.ts';
import { STARTING_MASS } from '../stats/latency/quantile.ts';
import { quantileGain, rateGain, requestsNeeded } from '../stats/rates/forecast.ts';
import { leastIntervals } from '../stats/series/series.ts';
import { LARGEST_PAIR_BET } from '../stats/series/series-bets.ts';
import { arePlannedProbes, everyMs, pairsUntilParity } from './forecast-probes.ts';
import { msUntilPast } from './stable-past.ts';
import { type ExpectedTraffic, quantileMs, shareSlowerThan } from './traffic.ts';

/** The checks that a promotion waits for: `errors`, `clientErrors`, quantiles by name and `probes`. */
export type PlannedCheck = string;

/** How much a check needs to show parity for a canary that equals the stable; of `probes`, the requests are their pairs. */
export type EvidenceForecast =
  | { readonly check: PlannedCheck; readonly kind: 'shown'; readonly canaryRequests: number; readonly ms: number }
  /** `margin`: too narrow to show anything; `traffic`: the stable's past never holds as many answers as it takes. */
  | { readonly check: PlannedCheck; readonly kind: 'never'; readonly because: 'margin' | 'traffic' };

/** One compared step, as input to the forecast. */
export interface ComparedStep {
  /** The canary's share, 0 < share < 1. */
  readonly share: number;
  readonly thresholds: Thresholds;
  /** Time at the step's start during which nothing but gross failures is judged. */
  readonly warmUpMs: number;
}

const LEAST_SHARE = 0.02;
/** What shows parity is gathered until the smaller version has about so many requests, within these spans. */
const GATHERED = 2;
const LONGEST_GATHERED_MS = 600_000;

/** The quantiles that count, by name. */
export function latencyChecks(policy: Policy): readonly string[] {
  const named = Object.keys(policy.spec.checks.latency.quantiles);
  return [...QUANTILES, ...named].filter((check) => !isDryRun(policy, check));
}

/** The forecasts of every check that a promotion waits for (docs/statistics.md section 3.8). */
export function forecastEvidence(
  policy: Policy,
  traffic: ExpectedTraffic,
  step: ComparedStep,
): readonly EvidenceForecast[] {
  const { checks, judge } = policy.spec;
  const stable = { requestsPerSecond: traffic.requestsPerSecond, share: step.share };
  const rate = (check: 'errors' | 'clientErrors', share: number) =>
    forecast(
      check,
      Math.max(...rateMargins(checks, check).parity.map((edge) => rateGain(clipRate(share), edge, step.share))),
      0,
    );
  const rates = [rate('errors', traffic.errorRate), rate('clientErrors', traffic.clientErrorRate)];
  return [
    ...rates.filter(({ check }) => !isDryRun(policy, check)),
    ...latencyChecks(policy).map(quantile),
    ...(arePlannedProbes(policy) ? [byProbes()] : []),
  ];

  function byProbes(): EvidenceForecast {
    const pairs = pairsUntilParity(policy, traffic, step.thresholds);
    if (pairs === null) return { check: 'probes', kind: 'never', because: 'margin' };
    return { check: 'probes', kind: 'shown', canaryRequests: pairs, ms: pairs * everyMs(policy) + step.warmUpMs };
  }

  function quantile(check: string): EvidenceForecast {
    const slow = 1 - levelOf(check);
    const delayMs = msUntilPast(policy, stable, STARTING_MASS / slow);
    if (delayMs === null) return { check, kind: 'never', because: 'traffic' };
    const slowMs = quantileMs(traffic.latency, levelOf(check));
    const { parity } = bucketMargins(checks, check, edgeAt(slowMs));
    const beyond = shareSlowerThan(traffic.latency, slowMs * GAMMA ** parity);
    const equal = Math.max(beyond, LEAST_SHARE * slow);
    return forecast(check, parity === 0 ? 0 : quantileGain(equal, slow, step.share), delayMs);
  }

  function forecast(check: PlannedCheck, gain: number, delayMs: number): EvidenceForecast {
    const compared = requestsNeeded(step.thresholds.parity, gain, 'not-begun');
    if (compared === null) return { check, kind: 'never', because: 'margin' };
    const canaryRequests = Math.ceil(compared / sharedBlocks());
    const ms = (1_000 * canaryRequests) / (step.share * traffic.requestsPerSecond);
    return { check, kind: 'shown', canaryRequests, ms: ms + Math.max(step.warmUpMs, delayMs) };
  }

  // A gathered block with requests of one version alone shows nothing.
  function sharedBlocks(): number {
    const fewer = (traffic.requestsPerSecond * Math.min(step.share, 1 - step.share)) / 1_000;
    const gatheredMs = Math.min(LONGEST_GATHERED_MS, Math.max(judge.block, GATHERED / fewer));
    return -Math.expm1(-fewer * gatheredMs);
  }
}

/**
 * Minimum time for the parity of the policy's queries: no test gains more than ln 2 from an interval
 * (docs/statistics.md section 3.9). How much longer it takes depends on noise that has not been measured.
 */
export function leastQueryMs({ spec: { checks } }: Policy, { thresholds }: ComparedStep): number {
  const required = Object.values(checks.queries).filter(({ comparable, dryRun }) => comparable && !dryRun);
  const intervals = leastIntervals(thresholds.parity, LARGEST_PAIR_BET);
  return Math.max(0, ...required.map(({ interval }) => intervals * interval));
}

/** A latency in the form that the margins use. */
export function edgeAt(ms: number): { readonly bucket: number } {
  return { bucket: bucketOf(ms) };
}
