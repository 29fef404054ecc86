import type { Block, Tally } from '../../../src/stats/block.ts';
import { normalQuantile } from '../../../src/stats/evidence/normal.ts';
import {
  addHistograms,
  bucketMs,
  EMPTY,
  type Histogram,
  histogramOf,
  massAbove,
  quantileBucket,
} from '../../../src/stats/latency/log-histogram.ts';
import { dkwRadius, pooledZ } from '../../support/reference-formulas.ts';
import { isHigh } from '../../support/reference-kayenta.ts';

/** The rules that others decide by; each sees the same blocks as the product, summed up over minutes. */
export const RIVALS = ['B', "B'", 'C', 'D', 'E', 'F'] as const;
export type RivalName = (typeof RIVALS)[number];

export const RIVAL_TITLES: Readonly<Record<RivalName, string>> = {
  B: 'Flagger defaults: success >= 99 %, p99 <= 500 ms each minute, 5 failed checks in all; no data fails',
  "B'": 'Flagger tuned: limits at 3 times the baseline, 5 failed checks',
  C: 'Argo Rollouts: success >= 95 % every 5 min, failureLimit 3',
  D: 'Kayenta: Mann-Whitney on minute series, confidence .98, tolerance .25, 60 points, every minute from 10 on',
  E: 'z-test at 1 % on pooled errors and on the pooled share above the stable p95, every minute',
  F: 'DKW bands (Howard and Ramdas) on pooled latencies, alpha .001',
};

export interface Baseline {
  readonly errorRate: number;
  readonly p99Ms: number;
}

/** Says after each minute whether it rolls back. */
export interface Rival {
  readonly name: RivalName;
  minute(canary: Sums, stable: Sums): boolean;
}

export interface Sums {
  readonly requests: number;
  readonly errors: number;
  readonly latency: Histogram;
}

export const NOTHING: Sums = { requests: 0, errors: 0, latency: EMPTY };

export function addTally(sums: Sums, tally: Block['stable']): Sums {
  if (tally === null) return sums;
  return add(sums, { requests: tally.requests, errors: tally.errors, latency: latencyOf(tally) });
}

export function openRivals(names: readonly RivalName[], baseline: Baseline): readonly Rival[] {
  return names.map((name) => open(name, baseline));
}

function open(name: RivalName, { errorRate, p99Ms }: Baseline): Rival {
  switch (name) {
    case 'B':
      return flagger(name, 0.01, 500);
    case "B'":
      return flagger(name, 3 * errorRate, 3 * p99Ms);
    case 'C':
      return argo();
    case 'D':
      return kayenta();
    case 'E':
      return zTest();
    case 'F':
      return dkwBand();
  }
}

// The failed checks are cumulative over the analysis, and a minute without data is a failed check.
function flagger(name: RivalName, errorLimit: number, p99LimitMs: number): Rival {
  let failed = 0;
  return {
    name,
    minute(canary) {
      const p99 = p99Of(canary);
      const passes = canary.requests > 0 && canary.errors / canary.requests <= errorLimit && (p99 ?? 0) <= p99LimitMs;
      if (!passes) failed += 1;
      return failed >= 5;
    },
  };
}

function argo(): Rival {
  let failed = 0;
  let minutes = 0;
  let sums = NOTHING;
  return {
    name: 'C',
    minute(canary) {
      minutes += 1;
      sums = add(sums, canary);
      if (minutes % 5 !== 0) return false;
      if (sums.requests > 0 && 1 - sums.errors / sums.requests < 0.95) failed += 1;
      sums = NOTHING;
      return failed > 3;
    },
  };
}

function kayenta(): Rival {
  const limits = { confidence: 0.98, tolerance: 0.25 };
  const series = { errors: [openSeries(), openSeries()], p99: [openSeries(), openSeries()] } as const;
  return {
    name: 'D',
    minute(canary, stable) {
      const latest = [canary, stable];
      for (const [arm, sums] of latest.entries()) {
        if (sums.requests > 0) push(series.errors[arm], sums.errors / sums.requests);
        const p99 = p99Of(sums);
        if (p99 !== null) push(series.p99[arm], p99);
      }
      return [series.errors, series.p99].some(
        ([experiment, control]) =>
          experiment.length >= 10 && control.length >= 10 && isHigh(experiment, control, limits),
      );
    },
  };
}

function zTest(): Rival {
  const critical = normalQuantile(0.99);
  let pooled = { canary: NOTHING, stable: NOTHING };
  return {
    name: 'E',
    minute(canary, stable) {
      pooled = { canary: add(pooled.canary, canary), stable: add(pooled.stable, stable) };
      const [c, s] = [pooled.canary, pooled.stable];
      if (c.requests === 0 || s.requests === 0) return false;
      const edge = quantileBucket(s.latency, 0.95);
      const slow =
        edge !== null &&
        pooledZ(c.latency.total, massAbove(c.latency, edge), s.latency.total, massAbove(s.latency, edge)) > critical;
      return slow || pooledZ(c.requests, c.errors, s.requests, s.errors) > critical;
    },
  };
}

function dkwBand(): Rival {
  let pooled = { canary: EMPTY, stable: EMPTY };
  return {
    name: 'F',
    minute(canary, stable) {
      pooled = {
        canary: addHistograms(pooled.canary, canary.latency),
        stable: addHistograms(pooled.stable, stable.latency),
      };
      const { canary: c, stable: s } = pooled;
      if (c.total === 0 || s.total === 0) return false;
      const radius = dkwRadius(c.total, 0.0005) + dkwRadius(s.total, 0.0005);
      const from = Math.min(c.from, s.from);
      const to = Math.max(c.from + c.mass.length, s.from + s.mass.length);
      let gap = 0;
      let largest = 0;
      for (let bucket = from; bucket < to; bucket += 1) {
        gap += (s.mass[bucket - s.from] ?? 0) / s.total - (c.mass[bucket - c.from] ?? 0) / c.total;
        largest = Math.max(largest, gap);
      }
      return largest > radius;
    },
  };
}

function add(left: Sums, right: Sums): Sums {
  return {
    requests: left.requests + right.requests,
    errors: left.errors + right.errors,
    latency: addHistograms(left.latency, right.latency),
  };
}

function latencyOf(tally: Tally): Histogram {
  return histogramOf(tally.latency);
}

function p99Of({ latency }: Sums): number | null {
  const bucket = quantileBucket(latency, 0.99);
  return bucket === null ? null : bucketMs(bucket);
}

function openSeries(): number[] {
  return [];
}

function push(series: number[] | undefined, value: number): void {
  if (series === undefined) return;
  series.push(value);
  if (series.length > 60) series.shift();
}
