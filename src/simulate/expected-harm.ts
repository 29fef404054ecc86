import { isDryRun } from '../parity/each-check.ts';
import { bucketMargins, dominanceLimit, rollbackBuckets } from '../parity/latency/bucket-margins.ts';
import { rateMargins } from '../parity/rate.ts';
import { levelOf } from '../policy/names.ts';
import type { Policy } from '../policy/schema.ts';
import type { BlockCounts } from '../stats/evidence/e-value.ts';
import type { Walk } from '../stats/evidence/first-passage.ts';
import { TOWARDS_ALL_WEIGHTS } from '../stats/evidence/towards-all.ts';
import { BIN_LEVELS, type Bins, dominanceLogE, TILT_WEIGHTS } from '../stats/latency/dominance.ts';
import { bucketOf, GAMMA, GATEWAY_GRID } from '../stats/latency/log-histogram.ts';
import { ODDS_WEIGHTS, STARTING_MASS, slowerLogE } from '../stats/latency/quantile.ts';
import { expectedRate, harmLogE, RATIO_WEIGHTS } from '../stats/rates/error-rate.ts';
import { grossLogE } from '../stats/rates/gross.ts';
import { edgeAt, latencyChecks } from './forecast-evidence.ts';
import { pastRequests } from './stable-past.ts';
import { type ExpectedTraffic, quantileMs, shareSlowerThan } from './traffic.ts';

/** One alternative of a test of harm, as a canary of known rates drives it. */
export interface HarmWalk {
  readonly check: string;
  /** Its part of the mixture of its test. */
  readonly weight: number;
  /** Per request of either version. */
  readonly walk: Walk;
  /** Answers of the stable that have to be known before it bets. */
  readonly takesPast: number;
}

/** Log e-values are linear in the counts of a block: these are large enough for one more to change nothing else. */
const MANY = 1e6;

/** The walks of every test that a canary with this share of errors can drive (docs/statistics.md section 3.8). */
export function errorWalks(
  policy: Policy,
  { errorRate, requestsPerSecond }: ExpectedTraffic,
  share: number,
  worse: number,
): readonly HarmWalk[] {
  const { rollback } = rateMargins(policy.spec.checks, 'errors');
  if (rollback === null || isDryRun(policy, 'errors')) return [];
  const requests = pastRequests({ requestsPerSecond, share });
  const s1 = expectedRate({ stable: { events: requests * errorRate, requests } });
  const logE = (counts: BlockCounts) => harmLogE(counts, s1, rollback, Number.POSITIVE_INFINITY);
  return walksOf('errors', RATIO_WEIGHTS, logE, share, [errorRate, worse], 0);
}

/** The same for failures that no warm-up excuses, which are judged within it. */
export function grossWalks(
  policy: Policy,
  { errorRate, requestsPerSecond }: ExpectedTraffic,
  share: number,
  worse: number,
): readonly HarmWalk[] {
  if (isDryRun(policy, 'gross:errors')) return [];
  const requests = pastRequests({ requestsPerSecond, share });
  const s1 = expectedRate({ stable: { events: requests * errorRate, requests } });
  const logE = (counts: BlockCounts) => grossLogE(counts, s1, Number.POSITIVE_INFINITY);
  return walksOf('gross:errors', TOWARDS_ALL_WEIGHTS, logE, share, [errorRate, worse], 0);
}

/** The same of latencies that are all `factor` times as long. */
export function latencyWalks(
  policy: Policy,
  { latency }: ExpectedTraffic,
  share: number,
  factor: number,
): readonly HarmWalk[] {
  const { checks } = policy.spec;
  const quantiles = latencyChecks(policy).flatMap((check) => {
    const slow = 1 - levelOf(check);
    const slowMs = quantileMs(latency, levelOf(check));
    const { rollback } = bucketMargins(checks, check, edgeAt(slowMs));
    const worse = shareSlowerThan(latency, (slowMs * GAMMA ** rollback) / factor);
    const logE = (counts: BlockCounts) => slowerLogE(counts, slow, Number.POSITIVE_INFINITY);
    return walksOf(check, ODDS_WEIGHTS, logE, share, [slow, worse], STARTING_MASS / slow);
  });
  return isDryRun(policy, 'dominance') ? quantiles : [...quantiles, ...dominanceWalks()];

  function dominanceWalks(): readonly HarmWalk[] {
    const margin = rollbackBuckets(dominanceLimit(checks), edgeAt(latency.medianMs), GATEWAY_GRID);
    const levels = BIN_LEVELS.map(({ level }) => level);
    const edges = levels.map((level) => bucketOf(quantileMs(latency, level)));
    const sharesOf = (shift: number, times: number) => {
      const tails = [1, ...edges.map((edge) => shareSlowerThan(latency, GAMMA ** (edge + shift) / times)), 0];
      return tails.slice(1).map((below, bin) => (tails[bin] ?? 0) - below);
    };
    const stable = sharesOf(0, 1);
    const canary = sharesOf(margin, factor);
    const bins: Bins = { edges, levels, shares: stable };
    const counts = (shares: readonly number[], of: number, more: number | null) =>
      shares.map((part, bin) => MANY * of * part + (bin === more ? 1 : 0));
    const logE = (moreOfCanary: number | null, moreOfStable: number | null) =>
      dominanceLogE(
        bins,
        counts(canary, share, moreOfCanary),
        counts(stable, 1 - share, moreOfStable),
        Number.POSITIVE_INFINITY,
      );
    const base = logE(null, null);
    const ofCanary = canary.map((_, bin) => logE(bin, null));
    const ofStable = stable.map((_, bin) => logE(null, bin));
    return TILT_WEIGHTS.map((weight, tilt) => {
      const spread = (shares: readonly number[], logs: readonly (readonly number[])[]) =>
        varianceOf(
          shares,
          logs.map((log) => (log[tilt] ?? 0) - (base[tilt] ?? 0)),
        );
      const variance = share * spread(canary, ofCanary) + (1 - share) * spread(stable, ofStable);
      const walk = { mean: (base[tilt] ?? 0) / MANY, variance };
      return { check: 'dominance', weight, walk, takesPast: 1 / (1 - (levels.at(-1) ?? 0)) };
    });
  }
}

// The log e-value of one more event, less that of one more request without one.
function walksOf(
  check: string,
  weights: readonly number[],
  logE: (counts: BlockCounts) => readonly number[],
  share: number,
  [s, c]: readonly [stable: number, canary: number],
  takesPast: number,
): readonly HarmWalk[] {
  const nc = MANY * share;
  const ns = MANY - nc;
  const base = logE({ nc, xc: nc * c, ns, xs: ns * s });
  const canary = logE({ nc, xc: nc * c + 1, ns, xs: ns * s });
  const stable = logE({ nc, xc: nc * c, ns, xs: ns * s + 1 });
  return weights.flatMap((weight, index): readonly HarmWalk[] => {
    const mean = base[index] ?? 0;
    if (mean === 0) return [];
    const variance =
      share * c * (1 - c) * ((canary[index] ?? 0) - mean) ** 2 +
      (1 - share) * s * (1 - s) * ((stable[index] ?? 0) - mean) ** 2;
    return [{ check, weight, walk: { mean: mean / MANY, variance }, takesPast }];
  });
}

function varianceOf(shares: readonly number[], values: readonly number[]): number {
  const mean = shares.reduce((sum, share, bin) => sum + share * (values[bin] ?? 0), 0);
  return shares.reduce((sum, share, bin) => sum + share * ((values[bin] ?? 0) - mean) ** 2, 0);
}
