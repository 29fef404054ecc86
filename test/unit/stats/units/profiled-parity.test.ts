import { describe, expect, it } from 'vitest';
import { UNITS } from '../../../../src/split/unit-draw.ts';
import { freshUnits } from '../../../../src/stats/units/fresh-units.ts';
import {
  logProfiled,
  type ProfiledParity,
  profileParity,
  scaledProfile,
} from '../../../../src/stats/units/profiled-parity.ts';
import { UNIT_CELL, UNIT_CELLS } from '../../../../src/stats/units/unit-block.ts';
import { emptyPast, type UnitCounts } from '../../../../src/stats/units/unit-ledger.ts';
import { lnGamma } from '../../../support/reference-special.ts';

const PLACES = [-5, -4, -3, -2.2, -1.5, -0.8, 0, 0.8, 1.5, 2.2, 3, 4, 5];
const QUARTER = { relative: 0.25, perTrial: 0 };

/** One cohort look of so many events, whose ratio is known within a standard deviation of `sd`. */
function profileOf(canary: number, stable: number, sd: number, middle = 0, drift = 0): ProfiledParity {
  const look = {
    canary: { trials: 100_000, events: canary },
    stable: { trials: 900_000, events: stable },
    middle,
    variance: sd ** 2,
    drift,
  };
  return { looks: [look], margin: QUARTER, gap: 0 };
}

/** The log of the conditional binomial likelihood ratio of two ratios of rates. */
function logRatio(canary: number, stable: number, one: number, other: number): number {
  const part = (ratio: number) => ratio / (ratio + 9);
  return canary * Math.log(part(one) / part(other)) + stable * Math.log((1 - part(one)) / (1 - part(other)));
}

describe('parity with the ratio of the cohorts profiled out', () => {
  it.each([
    [90, 900, 0.02],
    [100, 900, 0.1],
    [140, 900, 0.3],
  ])('with %i events of %i and a ratio within %f it is the least over the ratios', (canary, stable, sd) => {
    const least = Math.min(
      ...PLACES.map((place) => {
        const ratio = Math.exp(place * sd);
        return -Math.log(5) / 2 + 0.4 * place ** 2 + logRatio(canary, stable, ratio, 1.25 * ratio);
      }),
    );
    // Rare events: odds are rates within a thousandth.
    expect(logProfiled(profileOf(canary, stable, sd))).toBeCloseTo(least, 1);
  });

  it('is an e-value for a canary on the margin whatever the ratio, if the past knows it as well as it says', () => {
    const [events, sd] = [400, 0.15];
    const onMargin = 1.25 / (1.25 + 9);
    let mean = 0;
    for (let canary = 0; canary <= events; canary += 1) {
      const chance = Math.exp(
        lnGamma(events + 1) -
          lnGamma(canary + 1) -
          lnGamma(events - canary + 1) +
          canary * Math.log(onMargin) +
          (events - canary) * Math.log1p(-onMargin),
      );
      if (chance < 1e-12) continue;
      for (let z = -6; z <= 6; z += 0.05) {
        const density = (0.05 * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI);
        mean += chance * density * Math.exp(logProfiled(profileOf(canary, events - canary, sd, sd * z)));
      }
    }
    expect(mean).toBeLessThan(1);
    expect(mean).toBeGreaterThan(0.05);
  });

  it('says nothing where the cohorts may drift by the margin', () => {
    const steady = profileOf(90, 900, 0.02);
    const drifting = profileOf(90, 900, 0.02, 0, 0.3);
    expect(logProfiled(steady)).toBeGreaterThan(logProfiled(profileOf(90, 900, 0.02, 0, 0.1)));
    expect(logProfiled(drifting)).toBeCloseTo(-Math.log(5) / 2, 12);
  });

  it('grows with the traffic for equal versions', () => {
    const logs = [1, 2, 4, 8].map((times) => logProfiled(scaledProfile(profileOf(100, 900, 0.02), times)));
    expect(logs).toEqual(logs.toSorted((left, right) => left - right));
    expect(logs.at(-1)).toBeGreaterThan(5);
  });
});

describe('the cohorts of a step', () => {
  const [LIGHT, HEAVY_CANARY, HEAVY_STABLE] = [100, 0, 1];

  /** 100 light keys a version, and one heavy one of each; all as their past has it unless told otherwise. */
  function countsWith(now: Readonly<Record<number, number>> = {}, periods = 24): UnitCounts {
    const past = emptyPast();
    const cells = new Float32Array(UNITS * UNIT_CELLS);
    const onCanary = new Uint8Array(UNITS);
    const draws = new Float64Array(UNITS).fill(0.9);
    for (let unit = 0; unit < 2 * LIGHT + 2; unit += 1) {
      const isCanary = unit % 2 === 0;
      const isHeavy = unit === HEAVY_CANARY || unit === HEAVY_STABLE;
      const [requests, usual] = isHeavy ? [100_000, 1_000] : [2_000, 2];
      draws[unit] = isCanary ? 0.2 : 0.7;
      onCanary[unit] = isCanary ? 1 : 0;
      cells[unit * UNIT_CELLS + UNIT_CELL.requests] = requests;
      cells[unit * UNIT_CELLS + UNIT_CELL.errors] = now[unit] ?? usual;
      past.errors.events[unit] = 24 * usual;
      past.errors.expected[unit] = (24 * requests * 2_400) / 600_000;
    }
    past.errors.totals = periods * 2_400;
    past.errors.squares = periods * 2_400 ** 2;
    return { canaryBps: 5_000, since: 0, until: 1, cells, onCanary, draws, past };
  }
  const profiled = (counts: UnitCounts) => {
    const fresh = freshUnits(counts, 0);
    return fresh && profileParity(fresh, 'errors', QUARTER, 0);
  };

  it('are compared as a whole, without the heaviest key of the canary, and without that of the stable', () => {
    const profile = profiled(countsWith());
    expect(profile?.looks.map(({ canary, stable }) => [canary.events, stable.events])).toEqual([
      [1_200, 1_200],
      [200, 1_200],
      [1_200, 200],
    ]);
    for (const look of profile?.looks ?? []) expect(Math.abs(look.middle)).toBeLessThan(3);
    expect(profile && logProfiled(profile)).toBeGreaterThan(1);
  });

  it.each([
    ['a heavy key of the canary whose errors vanish hides that the others are worse', { [HEAVY_CANARY]: 0 }, 2.6],
    ['a heavy key of the stable whose errors double', { [HEAVY_STABLE]: 2_000 }, 2.6],
  ])('%s: no parity', (_name, heavy, errors) => {
    const light = Object.fromEntries(Array.from({ length: LIGHT }, (_, key) => [2 * key + 2, errors]));
    const profile = profiled(countsWith({ ...light, ...heavy }));
    if (profile === null) throw new Error('nothing to compare');
    const [all] = profile.looks;
    // With it, and as if its units had been steady, the canary would be at parity.
    const looks = all === undefined ? [] : [{ ...all, drift: 0, variance: 1e-3 }];
    expect(logProfiled({ ...profile, looks })).toBeGreaterThan(5);
    expect(logProfiled(profile)).toBeLessThan(1);
  });

  it('may drift as far as their units did', () => {
    const counts = countsWith();
    const steady = profiled(counts);
    (counts.past.errors.surplus as Float32Array)[2] = 24 * 100 ** 2;
    const moving = profiled(counts);
    expect(steady?.looks[1]?.drift).toBe(0);
    // 100 events an hour of the 1,200, by 24 hours: 2 * 100 / 1,200 in log odds.
    expect(moving?.looks[0]?.drift).toBeCloseTo(2 * (100 / 1_200), 2);
    expect(moving?.looks[1]?.drift).toBeGreaterThan(0.9);
  });

  it('are not compared where fewer than four periods are known, or nothing is', () => {
    expect(profiled(countsWith({}, 3))).toBeNull();
    expect(profiled(countsWith({}, 4))).not.toBeNull();
    const counts = countsWith();
    expect(profiled({ ...counts, past: emptyPast() })).toBeNull();
  });
});
