import { budgetOf } from '../judge/budget.ts';
import { isDryRun } from '../parity/each-check.ts';
import { bucketMargins, dominanceLimit, rollbackBuckets } from '../parity/latency/bucket-margins.ts';
import { probeMargins } from '../parity/probes.ts';
import { rateMargins } from '../parity/rate.ts';
import { levelOf } from '../policy/names.ts';
import type { Policy } from '../policy/schema.ts';
import { boundaryAt } from '../stats/evidence/e-value.ts';
import { medianPassage } from '../stats/evidence/first-passage.ts';
import { GAMMA, GATEWAY_GRID } from '../stats/latency/log-histogram.ts';
import { errorWalks, grossWalks, type HarmWalk, latencyWalks } from './expected-harm.ts';
import { type ComparedStep, edgeAt, latencyChecks } from './forecast-evidence.ts';
import { arePlannedProbes, everyMs, probeHarmWalks, probeLimit } from './forecast-probes.ts';
import { msUntilPast } from './stable-past.ts';
import { type ExpectedTraffic, quantileMs } from './traffic.ts';

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
  const { judge } = policy.spec;
  const { harm: logThreshold, cap } = step.thresholds;
  const { requestsPerSecond } = traffic;
  const perBlock = (requestsPerSecond * judge.block) / 1_000;
  const added = regression.of === 'errors' ? addedErrors(traffic, regression) : 0;
  if (isReported(policy, regression)) return { kind: 'reported' };
  if (isInside(policy, traffic, regression)) return { kind: 'inside-margin' };
  const found = regression.of === 'errors' ? byErrors() : byLatency(regression.factor);
  const [first] = found.toSorted((left, right) => left.ms - right.ms);
  if (first === undefined) return { kind: 'too-small' };
  const canaryRequests = Math.ceil((step.share * requestsPerSecond * first.ms) / 1_000);
  const failures = regression.of === 'errors' ? Math.ceil(canaryRequests * added) : null;
  return { kind: 'caught', ...first, canaryRequests, failures };

  function byErrors() {
    const worse = traffic.errorRate + added;
    const gross = step.warmUpMs > 0 ? grossWalks(policy, traffic, step.share, worse) : [];
    const atOnce = gross.flatMap((walk) => passage(walk, 0)).filter(({ ms }) => ms <= step.warmUpMs);
    return [...atOnce, ...after(errorWalks(policy, traffic, step.share, worse))];
  }

  function byLatency(factor: number) {
    const pairs = probeHarmWalks(policy, traffic, factor).flatMap(({ weight, walk }) => {
      const pairsNeeded = medianPassage(walk, levelOfBet('probes', weight));
      if (pairsNeeded === null) return [];
      return [
        { check: 'probes', ms: Math.ceil(Math.max(judge.minBlocks, pairsNeeded)) * everyMs(policy) + step.warmUpMs },
      ];
    });
    return [...after(latencyWalks(policy, traffic, step.share, factor)), ...pairs];
  }

  function after(walks: readonly HarmWalk[]) {
    return walks.flatMap((walk) => {
      const past = msUntilPast(policy, { requestsPerSecond, share: step.share }, walk.takesPast);
      return past === null ? [] : passage(walk, Math.max(step.warmUpMs, past));
    });
  }

  // In whole blocks: no block adds more than the cap, and a rollback takes `minBlocks` with canary traffic.
  function passage({ check, weight, walk }: HarmWalk, delayMs: number): readonly { check: string; ms: number }[] {
    const level = levelOfBet(check, weight);
    if (level === Number.POSITIVE_INFINITY) return [];
    const requests = medianPassage(walk, level);
    if (requests === null) return [];
    const withTraffic = Math.max(judge.minBlocks, Math.ceil(level / cap)) / -Math.expm1(-perBlock * step.share);
    const blocks = Math.ceil(Math.max(withTraffic, requests / perBlock));
    return [{ check, ms: blocks * judge.block + delayMs }];
  }

  /** Infinite without a share of the budget. */
  function levelOfBet(check: string, weight: number): number {
    return logThreshold - Math.log(budgetOf(policy, check) * weight * FROM_THE_START);
  }
}

function isReported(policy: Policy, { of }: Regression): boolean {
  if (of === 'errors') return isDryRun(policy, 'errors');
  return isDryRun(policy, 'dominance') && latencyChecks(policy).length === 0 && !arePlannedProbes(policy);
}

function isInside(policy: Policy, traffic: ExpectedTraffic, { of, factor }: Regression): boolean {
  const { checks } = policy.spec;
  const { errorRate, latency } = traffic;
  if (of === 'errors') {
    const { rollback } = rateMargins(checks, 'errors');
    return rollback === null || Math.min(1, factor * errorRate) <= boundaryAt(rollback, errorRate);
  }
  const margins = latencyChecks(policy).map((check) => {
    return bucketMargins(checks, check, edgeAt(quantileMs(latency, levelOf(check)))).rollback;
  });
  const whole = isDryRun(policy, 'dominance')
    ? []
    : [rollbackBuckets(dominanceLimit(checks), edgeAt(latency.medianMs), GATEWAY_GRID)];
  const probed = arePlannedProbes(policy)
    ? probeLimit(traffic, probeMargins(policy).rollback)
    : Number.POSITIVE_INFINITY;
  return factor <= Math.min(GAMMA ** Math.min(...margins, ...whole), probed);
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
  const passesProbes = !arePlannedProbes(policy) || factor < probeLimit(traffic, probeMargins(policy).parity);
  return (
    passesProbes &&
    latencyChecks(policy).every((check) => {
      const edge = edgeAt(quantileMs(traffic.latency, levelOf(check)));
      return factor < GAMMA ** bucketMargins(checks, check, edge).parity;
    })
  );
}

function addedErrors({ errorRate }: ExpectedTraffic, { factor }: Regression): number {
  return Math.min(1, factor * errorRate) - errorRate;
}
