import { logSum } from '../evidence/log-sum.ts';
import type { FittedUnits } from './fresh-units.ts';
import { logProfiled, type ProfiledParity, scaledProfile } from './profiled-parity.ts';
import { logUnitE, resolutionOf } from './unit-evidence.ts';
import type { UnitFit } from './unit-fit.ts';
import { UNIT_LOOKS_MS } from './unit-looks.ts';

/** Looks at which parity may be shown. */
const EARLIEST_MS = 60_000;
const PARITY_LOOKS = UNIT_LOOKS_MS.filter((ms) => ms >= EARLIEST_MS);
/** What goes to the looks around the forecast, on a log scale, and what to all of them alike. */
const FORECAST_SHARE = 0.85;
const FORECAST_WIDTH = 0.98;
const SLACK_OF_FORECAST = 2;
/** Of the evidence for parity, where the ratio of the cohorts is known as well. */
const BY_UNITS = 0.5;

/** One way in which a canary beyond the margin would differ: the fit with that margin, and the effect of equal versions. */
export interface ParityCase {
  readonly fitted: FittedUnits;
  /** By how much equal versions stay below the margin, as a share of what is expected there. */
  readonly gap: number;
  /** The same by the ratio of the cohorts; null where too little is known of the units from before. */
  readonly profiled: ProfiledParity | null;
}

/** What a look says for parity. */
export interface UnitParity {
  /** Log e-value against "worse than the margin", for this look alone. */
  readonly log: number;
  /** What this look took of the part that goes to the looks around the forecast. */
  readonly spent: number;
  /** When equal versions would be at parity, ms since the step began; null where that takes more than a day. */
  readonly forecastMs: number | null;
}

/**
 * Parity at one look (docs/statistics.md section 3.18): the mean over the cases, weighted by how likely this is the look that
 * decides. A case is enough, since the canary may be worse by the larger of its margins.
 *
 * @param spent what earlier looks of the step took of the part around the forecast
 * @param logThreshold ln(1/beta)
 */
export function unitParity(
  cases: readonly ParityCase[],
  lookMs: number,
  spent: number,
  logThreshold: number,
): UnitParity {
  const forecastMs = parityForecast(cases, lookMs, logThreshold + SLACK_OF_FORECAST);
  if (lookMs < EARLIEST_MS || cases.length === 0) return { log: Number.NEGATIVE_INFINITY, spent: 0, forecastMs };
  // The forecast moves with the traffic: what it gives to the looks together stays within its part.
  const around = Math.min(FORECAST_SHARE - spent, FORECAST_SHARE * nearness(lookMs, forecastMs));
  const weight = around + (1 - FORECAST_SHARE) / PARITY_LOOKS.length;
  const zeta = Math.sqrt(2 * (logThreshold - Math.log(weight)));
  const logs = cases.map(({ fitted: { fit, draw, allowance } }) => logUnitE(fit, draw, zeta, 'parity', allowance));
  const profiles = profilesOf(cases);
  const byUnits = profiles === null ? 1 : BY_UNITS;
  const weights = logs.map(() => (byUnits * weight) / logs.length);
  const profiled = (profiles ?? []).map(logProfiled);
  const log = logSum([...logs, ...profiled], [...weights, ...profiled.map(() => (1 - byUnits) / profiled.length)]);
  return { log, spent: around, forecastMs };
}

/** Null unless every case has one: which it is was known before the step. */
function profilesOf(cases: readonly ParityCase[]): readonly ProfiledParity[] | null {
  const profiles = cases.flatMap(({ profiled }) => profiled ?? []);
  return profiles.length === cases.length && profiles.length > 0 ? profiles : null;
}

/** The first look at which one of the cases would be seen, at the present traffic; null where none would in a day. */
function parityForecast(cases: readonly ParityCase[], lookMs: number, nats: number): number | null {
  const profiles = profilesOf(cases);
  const isSeen = (ms: number) => {
    const byUnits = cases.some(({ fitted: { fit, draw }, gap }) => {
      return resolutionOf(scaledFit(fit, ms / lookMs), draw.chance, Math.exp(-nats)).effect <= gap;
    });
    if (byUnits || profiles === null) return byUnits;
    const logs = profiles.map((profile) => logProfiled(scaledProfile(profile, ms / lookMs)));
    return (
      logSum(
        logs,
        logs.map(() => (1 - BY_UNITS) / logs.length),
      ) >= nats
    );
  };
  // More traffic never hides an effect.
  let from = 0;
  let to = PARITY_LOOKS.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isSeen(PARITY_LOOKS[middle] ?? 0)) to = middle;
    else from = middle + 1;
  }
  return PARITY_LOOKS[from] ?? null;
}

/** What a fit would be after `times` as much traffic: chance averages out, what the units differ by does not. */
export function scaledFit(fit: UnitFit, times: number): UnitFit {
  const units = fit.expected.length;
  const expected = new Float64Array(units);
  const deviation = new Float64Array(units);
  const weight = new Float64Array(units);
  for (let unit = 0; unit < units; unit += 1) {
    const mean = fit.expected[unit] ?? 0;
    if (mean <= 0) continue;
    const own = fit.binomial * mean;
    const variance = times * own + times * times * Math.max(0, (fit.deviation[unit] ?? 0) ** 2 - own);
    expected[unit] = times * mean;
    deviation[unit] = Math.sqrt(variance);
    weight[unit] = (times * mean) / variance;
  }
  return { ...fit, expected, deviation, weight };
}

// How much of the weight a look has by its distance from the forecast; all looks together have 1.
function nearness(lookMs: number, forecastMs: number | null): number {
  const likely = forecastMs ?? PARITY_LOOKS.at(-1) ?? lookMs;
  const near = (ms: number) => Math.exp(-(Math.log(ms / likely) ** 2) / FORECAST_WIDTH);
  return near(lookMs) / PARITY_LOOKS.reduce((sum, ms) => sum + near(ms), 0);
}
