import type { Policy } from '../../policy/schema.ts';
import { WHOLE_BPS } from '../../split/assign.ts';
import { LAST_DRAW } from '../../split/unit-draw.ts';
import { columnOf, type FreshUnits, fitMetric, freshUnits } from '../../stats/units/fresh-units.ts';
import { profileParity } from '../../stats/units/profiled-parity.ts';
import { UNIT_CELLS } from '../../stats/units/unit-block.ts';
import { resolutionOf } from '../../stats/units/unit-evidence.ts';
import type { UnitFit } from '../../stats/units/unit-fit.ts';
import { logUnitHarm } from '../../stats/units/unit-harm.ts';
import type { UnitCounts } from '../../stats/units/unit-ledger.ts';
import { METRIC_CELLS, UNIT_METRICS, type UnitMetric } from '../../stats/units/unit-metric.ts';
import { type ParityCase, scaledFit, unitParity } from '../../stats/units/unit-parity.ts';
import { fewWithMost, type KeyEvents } from './few-keys.ts';
import { harmMargin, parityMargins } from './key-terms.ts';
import { type KeysStep, NO_EVIDENCE } from './keys-step.ts';

/** What one look at the keys said. */
export interface KeyLook {
  /** How old the step was, and when the counts began, which is later where they were begun anew. */
  readonly ageMs: number;
  readonly countedSince: number;
  /** Why nothing could be compared; null when it was. */
  readonly unusable: string | null;
  readonly chance: number;
  /** The canary's fresh keys (buckets of them), and the part of its requests that the largest carries. */
  readonly keys: number;
  readonly largest: number;
  /** Keys that come last, which are not compared, and their part of all requests; missing where there are none. */
  readonly last?: { readonly keys: number; readonly part: number };
  /** Whether anything is known of the keys from before the step. */
  readonly past: 'known' | 'unknown';
  readonly metrics: Readonly<Partial<Record<UnitMetric, MetricLook>>>;
}

export interface MetricLook {
  readonly canary: number | null;
  readonly stable: number | null;
  readonly trials: { readonly canary: number; readonly stable: number };
  readonly logHarm: number;
  /** Null for a metric that claims no parity. */
  readonly logParity: number | null;
  readonly spent: number;
  /** When equal versions would be at parity, ms since the step began; null where that takes more than a day. */
  readonly forecastMs: number | null;
  /** By how much equal versions stay below the margin, and the smallest change that can be told at the dwell's end. */
  readonly gap: number | null;
  readonly effect: number;
  readonly effectNext: number | null;
  /** How many equal keys the canary's fresh keys are worth: never more than there are. */
  readonly effective: number;
  /** By how much the canary's keys are above what was expected of them, as a share of it; for scores, in standard deviations. */
  readonly excess: number;
  /** Of the canary's keys, how many are far above what was expected, and the part of its events that the worst has. */
  readonly affected: number;
  readonly worst: number;
  /** The fewest keys, up to three, that make most of the canary's events and have far more of them than the others. */
  readonly few?: { readonly keys: number; readonly part: number };
}

export interface KeyLookTerms {
  readonly policy: Policy;
  readonly step: KeysStep;
  readonly ageMs: number;
  readonly logParityThreshold: number;
  /** How long the step lasts at least. */
  readonly dwellMs: number;
  readonly nextBps: number | null;
  /** By how much equal versions stay below the parity margin of a quantile; null while nothing is known of it. */
  readonly gapOf: (metric: 'p50' | 'p95' | 'p99') => number | null;
}

const NOTHING = { chance: 0, keys: 0, largest: 0, past: 'unknown', metrics: {} } as const;
const UNCOUNTED =
  "keys keep their version here, and the route's source does not count by key: nothing is rolled back or shown by its figures; the gateway's own would do, and any source's with each request drawn by itself (no sticky)";

const FAR = 2;
/** What is promised about the smallest change: it would be missed, or shown, in a fifth of beta. */
const PART_OF_BETA = 5;

/** Compares the fresh keys of a step, metric by metric (docs/statistics.md section 3.18). */
export function lookAtKeys(counts: UnitCounts, terms: KeyLookTerms): KeyLook {
  const { step, ageMs } = terms;
  const fresh = freshUnits(counts, step.fromBps);
  const facts = { ageMs, countedSince: counts.since };
  const drawn = fresh?.draw.canary ?? [];
  if (fresh === null || !Array.from(drawn).includes(1) || !Array.from(drawn).includes(0)) {
    return {
      ...facts,
      ...NOTHING,
      unusable: 'one version has none of the keys that no earlier step gave to the canary',
    };
  }
  const requests = columnOf(counts.cells, fresh.units, METRIC_CELLS.errors.trials);
  const ofCanary = Array.from(requests).filter((_, row) => fresh.draw.canary[row] === 1);
  const metrics: Partial<Record<UnitMetric, MetricLook>> = {};
  for (const metric of UNIT_METRICS) {
    const said = lookAtMetric(fresh, metric, terms);
    if (said !== null) metrics[metric] = said;
  }
  const known = fresh.units.some(
    (unit) => (counts.past.errors.expected[unit] ?? 0) > 0 || (counts.past.p50.expected[unit] ?? 0) > 0,
  );
  return {
    ...facts,
    unusable: null,
    chance: fresh.draw.chance,
    keys: ofCanary.length,
    largest: Math.max(...ofCanary) / sum(ofCanary),
    ...lastOf(counts),
    past: known ? 'known' : 'unknown',
    metrics,
  };
}

function lastOf({ draws, cells }: UnitCounts): Pick<KeyLook, 'last'> {
  let [keys, requests, all] = [0, 0, 0];
  for (const [unit, place] of draws.entries()) {
    const served = cells[unit * UNIT_CELLS + METRIC_CELLS.errors.trials] ?? 0;
    all += served;
    if (place < LAST_DRAW) continue;
    keys += 1;
    requests += served;
  }
  return keys === 0 ? {} : { last: { keys, part: all === 0 ? 0 : requests / all } };
}

/** What a look says where nobody counts by key. */
export function uncounted(ageMs: number): KeyLook {
  return { ageMs, countedSince: 0, ...NOTHING, unusable: UNCOUNTED };
}

function lookAtMetric(fresh: FreshUnits, metric: UnitMetric, terms: KeyLookTerms): MetricLook | null {
  const { policy, step, ageMs, logParityThreshold, dwellMs, nextBps } = terms;
  const margin = harmMargin(policy, metric, step.phase);
  if (step.phase === 'warm-up' && margin === null) return null;
  const harm = fitMetric(fresh, metric, margin ?? { relative: 0, perTrial: 0 }, 'harm');
  if (harm === null) return null;
  const figures = figuresOf(fresh, metric);
  const cases = step.phase === 'warm-up' ? [] : casesOf(fresh, metric, terms, figures);
  const claims = step.phase === 'judged' && parityMargins(policy, metric).length > 0;
  const parity = unitParity(cases, ageMs, step.spent[metric], logParityThreshold);
  const level = Math.exp(-logParityThreshold) / PART_OF_BETA;
  const atDwell = scaledFit(harm.fit, Math.max(1, dwellMs / ageMs));
  const { effect, units } = resolutionOf(atDwell, harm.draw.chance, level, harm.draw.canary);
  const nextChance = nextBps === null ? null : (nextBps - step.canaryBps) / (WHOLE_BPS - step.canaryBps);
  const usesNext = nextChance !== null && nextChance > 0 && nextChance < 1;
  return {
    ...figures,
    logHarm: margin === null ? NO_EVIDENCE : logUnitHarm(harm),
    logParity: claims ? Math.max(NO_EVIDENCE, parity.log) : null,
    spent: parity.spent,
    forecastMs: claims ? parity.forecastMs : null,
    gap: cases.length === 0 ? null : Math.max(...cases.map(({ gap }) => gap)),
    effect: Math.min(effect, 1_000),
    effectNext: usesNext ? Math.min(1_000, resolutionOf(atDwell, nextChance, level).effect) : null,
    effective: units,
    ...standingOutOf(fresh, metric, harm.fit),
  };
}

function casesOf(
  fresh: FreshUnits,
  metric: UnitMetric,
  { policy, gapOf }: KeyLookTerms,
  { stable }: Pick<MetricLook, 'stable'>,
): readonly ParityCase[] {
  return parityMargins(policy, metric).flatMap((margin) => {
    const fitted = fitMetric(fresh, metric, margin, 'parity');
    const gap = isOfQuantile(metric)
      ? gapOf(metric)
      : margin.perTrial > 0
        ? margin.perTrial / Math.max(stable ?? 0, Number.MIN_VALUE)
        : 1 - 1 / (1 + margin.relative);
    if (fitted === null || gap === null) return [];
    const inEdges = isOfQuantile(metric) ? gap : 0;
    const profiled = profileParity(fresh, metric, margin, inEdges);
    return [{ fitted, gap: Math.min(gap, 1_000), profiled }];
  });
}

function isOfQuantile(metric: UnitMetric): metric is 'p50' | 'p95' | 'p99' {
  return metric === 'p50' || metric === 'p95' || metric === 'p99';
}

function figuresOf(fresh: FreshUnits, metric: UnitMetric): Pick<MetricLook, 'canary' | 'stable' | 'trials'> {
  const { counts, units, draw } = fresh;
  const cells = METRIC_CELLS[metric];
  const trials = { canary: 0, stable: 0 };
  const outcomes = { canary: 0, stable: 0 };
  for (const [row, unit] of units.entries()) {
    const track = draw.canary[row] === 1 ? 'canary' : 'stable';
    trials[track] += counts.cells[unit * UNIT_CELLS + cells.trials] ?? 0;
    outcomes[track] += counts.cells[unit * UNIT_CELLS + cells.outcome] ?? 0;
  }
  return {
    canary: trials.canary === 0 ? null : outcomes.canary / trials.canary,
    stable: trials.stable === 0 ? null : outcomes.stable / trials.stable,
    trials,
  };
}

function standingOutOf(
  { counts, units, draw }: FreshUnits,
  metric: UnitMetric,
  { residual, deviation, expected, weight }: UnitFit,
): Pick<MetricLook, 'affected' | 'worst' | 'excess' | 'few'> {
  let affected = 0;
  let all = 0;
  let most = 0;
  let above = 0;
  let usual = 0;
  const keys: KeyEvents[] = [];
  const cells = METRIC_CELLS[metric];
  for (const [row, unit] of units.entries()) {
    if (draw.canary[row] !== 1) continue;
    above += (weight[row] ?? 0) * (residual[row] ?? 0);
    usual += (weight[row] ?? 0) * (expected[row] ?? 0);
    if ((residual[row] ?? 0) > FAR * (deviation[row] ?? 0)) affected += 1;
    const events = counts.cells[unit * UNIT_CELLS + cells.outcome] ?? 0;
    keys.push({ events, trials: counts.cells[unit * UNIT_CELLS + cells.trials] ?? 0 });
    all += events;
    most = Math.max(most, events);
  }
  const few = fewWithMost(keys);
  return {
    affected,
    worst: all > 0 ? most / all : 0,
    excess: usual > 0 ? above / usual : 0,
    ...(few === null ? {} : { few }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
