import { type Block, GROUPS, type GroupCounts, type LatencyCounts, type Tally } from '../../../src/stats/block.ts';
import { GAMMA } from '../../../src/stats/latency/log-histogram.ts';
import { normal, type Random } from '../../support/random.ts';
import { binomialCount, multinomialCounts, poissonCount } from '../../support/random-counts.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Measurement, measuredBy } from './prometheus-blocks.ts';
import { baseTail, type Shape, sampleLatency, shapeOf } from './shape.ts';

export const DAY_MS = 86_400_000;

/** How a pair of versions behaves; times are ms since the canary began. */
export interface Scenario {
  readonly blockMs: number;
  /** Requests of both versions together, and the canary's share. */
  readonly requestsPerSecond: number;
  readonly weight: number;
  /** True error rates of [stable, canary]. */
  readonly errors: (ms: number) => readonly [stable: number, canary: number];
  /** Null where no latency is measured: only errors are at stake. */
  readonly latency: LatencyScenario | null;
  /** Errors come in clumps of a geometric size with this mean, each within one version and one group. */
  readonly clumpMean?: number;
  /** `diurnal`: traffic +-60 % over the day. */
  readonly traffic: 'even' | 'diurnal';
  /** What knows the latencies; the gateway where it is left out. */
  readonly measurement?: Measurement;
}

export interface LatencyScenario {
  readonly canary: (ms: number) => Shape;
  /** The benchmark's distribution where it is left out. */
  readonly stable?: Shape;
  /** `common`: a daily swing of +-15 % and AR(1) noise of 10 %, the same for both versions. */
  readonly drift: 'none' | 'common';
  /** Standard deviation of AR(1) noise that the canary has alone. */
  readonly versionNoise?: number;
}

/** What one stream of blocks remembers. */
export interface Stream {
  next(startedAt: number, weight: number, splitEpoch: number): Block;
}

const PHASES = 8;
const COMMON_SD = 0.1;
const COMMON_MEMORY_MS = 300_000;
const NOISE_MEMORY_MS = 600_000;
const EVEN_GROUPS: readonly number[] = Array.from({ length: GROUPS }, () => 1 / GROUPS);

export const STABLE_SHAPE: Shape = shapeOf(baseTail);

/** The stable's shape scaled by eighths of a bucket, for noise finer than a bucket. */
const FINE_SHAPES: readonly Shape[] = Array.from({ length: PHASES }, (_, phase) =>
  shapeOf((ms) => baseTail(ms / GAMMA ** (phase / PHASES))),
);

export function openStream(random: Random, scenario: Scenario): Stream {
  const { blockMs, latency } = scenario;
  const commonKept = Math.exp(-blockMs / COMMON_MEMORY_MS);
  const noiseKept = Math.exp(-blockMs / NOISE_MEMORY_MS);
  let common = normal(random);
  let noise = normal(random);
  return {
    next(startedAt, weight, splitEpoch) {
      common = autoregress(random, common, commonKept);
      noise = autoregress(random, noise, noiseKept);
      const mean = (scenario.requestsPerSecond * blockMs * busyness(scenario, startedAt)) / 1_000;
      const [stableRate, canaryRate] = scenario.errors(startedAt);
      const shift = latency?.drift === 'common' ? commonShift(startedAt, common) : 0;
      const canary = canaryLatency(latency, noise, startedAt);
      const stable = measure(
        poissonCount(random, mean * (1 - weight)),
        stableRate,
        latency?.stable ?? STABLE_SHAPE,
        shift,
      );
      const ours = measure(poissonCount(random, mean * weight), canaryRate, canary.shape, shift + canary.shift);
      return measuredBy(scenario.measurement ?? 'gateway', random, {
        startedAt,
        durationMs: blockMs,
        splitEpoch,
        canaryBps: Math.round(weight * 10_000),
        stable: { ...stable.tally, groups: groupsOf(stable) },
        canary: weight === 0 ? NO_TALLY : ours.tally,
        forced: { stable: NO_TALLY, canary: NO_TALLY },
        ruled: { stable: NO_TALLY, canary: NO_TALLY },
      });
    },
  };

  function measure(requests: number, rate: number, shape: Shape, shift: number): Measured {
    const errorsOfGroup = errorsByGroup(random, requests, rate, scenario.clumpMean);
    const errors = errorsOfGroup.reduce((sum, count) => sum + count, 0);
    const counts: LatencyCounts = latency === null ? {} : sampleLatency(random, shape, requests - errors, shift);
    return { tally: { requests, errors, clientErrors: 0, latency: counts }, errorsOfGroup };
  }

  function groupsOf({ tally, errorsOfGroup }: Measured): GroupCounts {
    const answers = multinomialCounts(random, tally.requests - tally.errors, EVEN_GROUPS);
    const requests = answers.map((count, group) => count + (errorsOfGroup[group] ?? 0));
    return { requests, errors: errorsOfGroup };
  }
}

interface Measured {
  readonly tally: Tally;
  readonly errorsOfGroup: readonly number[];
}

function errorsByGroup(random: Random, requests: number, rate: number, clumpMean: number | undefined): number[] {
  if (clumpMean === undefined) return multinomialCounts(random, binomialCount(random, requests, rate), EVEN_GROUPS);
  const byGroup = EVEN_GROUPS.map(() => 0);
  let left = requests;
  for (let clump = poissonCount(random, (requests * rate) / clumpMean); clump > 0; clump -= 1) {
    const size = Math.min(left, 1 + Math.floor(Math.log(1 - random()) / Math.log1p(-1 / clumpMean)));
    const group = Math.floor(random() * GROUPS);
    byGroup[group] = (byGroup[group] ?? 0) + size;
    left -= size;
  }
  return byGroup;
}

function canaryLatency(latency: LatencyScenario | null, noise: number, ms: number): { shape: Shape; shift: number } {
  if (latency === null) return { shape: STABLE_SHAPE, shift: 0 };
  if (latency.versionNoise === undefined) return { shape: latency.canary(ms), shift: 0 };
  const eighths = Math.round((PHASES * latency.versionNoise * noise) / Math.log(GAMMA));
  const shift = Math.floor(eighths / PHASES);
  return { shape: FINE_SHAPES[eighths - shift * PHASES] ?? STABLE_SHAPE, shift };
}

function commonShift(ms: number, common: number): number {
  const log = Math.log(1 + 0.15 * Math.sin((2 * Math.PI * ms) / DAY_MS)) + COMMON_SD * common;
  return Math.round(log / Math.log(GAMMA));
}

function busyness({ traffic }: Scenario, ms: number): number {
  return traffic === 'even' ? 1 : 1 + 0.6 * Math.sin((2 * Math.PI * ms) / DAY_MS + 1);
}

function autoregress(random: Random, value: number, kept: number): number {
  return value * kept + normal(random) * Math.sqrt(1 - kept * kept);
}

/** An error rate that swings by +-50 % over the day. */
export function drifting(rate: number, ms: number): number {
  return rate * (1 + 0.5 * Math.sin((2 * Math.PI * ms) / DAY_MS));
}
