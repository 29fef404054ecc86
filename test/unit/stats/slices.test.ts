import { describe, expect, it } from 'vitest';
import {
  type BlockCounts,
  type Boundary,
  boundaryAt,
  clipRate,
  lnEBernoulliLinear,
} from '../../../src/stats/evidence/e-value.ts';
import { towardsAllLogE } from '../../../src/stats/evidence/towards-all.ts';
import {
  countedLogE,
  openPlace,
  type Place,
  type PlaceBet,
  type PlaceBlock,
  type SliceCounts,
  stepPlace,
  worstKind,
} from '../../../src/stats/slices/place.ts';
import { logOfPlaces, placeShare, worsePlaces } from '../../../src/stats/slices/places.ts';
import { SLICE_BOUNDARIES, SLICE_KINDS } from '../../../src/stats/slices/slice-bet.ts';
import { binomial, poisson, type Random, seededRandom } from '../../support/random.ts';
import { binomialMasses } from '../../support/reference-formulas.ts';

const BOUNDARIES = SLICE_KINDS.map((kind) => SLICE_BOUNDARIES[kind]);
const drawn = (w: number) => ({ nc: w, ns: 1 - w });

/** E[e] over every number of draws and every outcome of n requests, each drawn with chance w. */
function meanDrawn(n: number, w: number, c: number, s: number, logE: (counts: BlockCounts) => readonly number[]) {
  const means: number[] = [];
  for (const [nc, draw] of binomialMasses(n, w).entries()) {
    for (const [xc, onCanary] of binomialMasses(nc, c).entries()) {
      for (const [xs, onStable] of binomialMasses(n - nc, s).entries()) {
        for (const [index, log] of logE({ nc, xc, ns: n - nc, xs }).entries()) {
          means[index] = (means[index] ?? 0) + draw * onCanary * onStable * Math.exp(log);
        }
      }
    }
  }
  return means;
}

describe('the bet on a slice', () => {
  it('has a mean of at most 1 on the boundary when each request is drawn, whatever the bet rests on', () => {
    const means: number[] = [];
    for (const boundary of BOUNDARIES) {
      for (const s of [0.0005, 0.02, 0.2, 0.4]) {
        const c = Math.min(1, boundaryAt(boundary, s));
        for (const s1 of [s, s / 5, Math.min(0.6, 4 * s)]) {
          for (const [n, w] of [
            [1, 0.1],
            [2, 0.5],
            [7, 0.1],
            [12, 0.01],
            [9, 0.5],
          ] as const) {
            means.push(
              ...meanDrawn(n, w, c, s, (counts) => towardsAllLogE(counts, drawn(w), clipRate(s1), boundary, 1e3)),
            );
          }
        }
      }
    }
    expect(means.length).toBeGreaterThan(500);
    expect(Math.max(...means)).toBeLessThanOrEqual(1 + 1e-9);
    expect(Math.max(...means)).toBeGreaterThan(0.999);
  });

  it('exceeds 1 beyond the boundary, and with a weight that is not the true one', () => {
    const [boundary] = BOUNDARIES as [Boundary];
    const logE = (w: number) => (counts: BlockCounts) => towardsAllLogE(counts, drawn(w), 0.02, boundary, 1e3);
    expect(Math.max(...meanDrawn(7, 0.1, 0.3, 0.02, logE(0.1)))).toBeGreaterThan(1.1);
    const refusals = (counts: BlockCounts) =>
      towardsAllLogE(counts, drawn(0.1), 0.02, SLICE_BOUNDARIES.clientErrors, 1e3);
    expect(Math.max(...meanDrawn(12, 0.4, 0.5, 0.2, refusals))).toBeGreaterThan(1.1);
  });

  it('is the exact form of two samples where it goes by what each version got', () => {
    const counts = { nc: 10, xc: 4, ns: 90, xs: 1 };
    const boundary = SLICE_BOUNDARIES.clientErrors;
    const logE = towardsAllLogE(counts, counts, 0.01, boundary, 1e3);
    expect(logE[2]).toBeCloseTo(2.1525809381378753, 9);
    const c1 = 0.12 + 0.95 * 0.88;
    expect(logE[3]).toBeCloseTo(lnEBernoulliLinear(counts, { s1: 0.01, c1 }, boundary), 9);
  });

  it('is divided by the dispersion before the cap, and bets nothing where the boundary leaves no room', () => {
    const counts = { nc: 5, xc: 5, ns: 45, xs: 0 };
    const boundary = SLICE_BOUNDARIES.errors;
    const whole = towardsAllLogE(counts, drawn(0.1), 1e-3, boundary, 1e3);
    expect(towardsAllLogE(counts, drawn(0.1), 1e-3, boundary, 1e3, 2)[3]).toBeCloseTo((whole[3] ?? 0) / 2, 12);
    expect(towardsAllLogE(counts, drawn(0.1), 1e-3, boundary, 1)[3]).toBe(1);
    expect(towardsAllLogE(counts, drawn(0.1), 0.7, boundary, 1e3)).toEqual([0, 0, 0, 0]);
  });
});

describe('the places', () => {
  it('have shares that sum to less than 1', () => {
    expect(placeShare(1)).toBeCloseTo(0.2525, 12);
    expect(placeShare(2)).toBeCloseTo(0.08583333, 8);
    expect(placeShare(200)).toBeCloseTo(0.00251244, 8);
    const all = Array.from({ length: 200 }, (_, index) => placeShare(index + 1));
    expect(all.reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.5 + 0.5 * (1 - 1 / 201), 12);
  });

  it('are worth 1 together before anything is known, and the share of one that is certain', () => {
    expect(logOfPlaces([])).toBe(0);
    expect(logOfPlaces([0, 0, 0])).toBeCloseTo(0, 12);
    expect(logOfPlaces([0, 20])).toBeCloseTo(20 + Math.log(placeShare(2)), 6);
    expect(logOfPlaces([20, null])).toBeCloseTo(20 + Math.log(placeShare(1)), 6);
    expect(logOfPlaces([null, -50])).toBeCloseTo(Math.log(1 - placeShare(2)), 9);
  });

  it('are worse together with less evidence each', () => {
    const of = (...logs: number[]) => logs.map((logE) => ({ logE }));
    expect(worsePlaces(of(Math.log(3_999), 1))).toEqual([]);
    expect(worsePlaces(of(1, Math.log(4_001)))).toHaveLength(1);
    expect(worsePlaces(of(Math.log(2_001), 0, Math.log(2_001)))).toHaveLength(2);
  });
});

const BET: PlaceBet = {
  boundaries: SLICE_BOUNDARIES,
  routeRate: { errors: 1e-3, clientErrors: 1e-3, slow: 0.05 },
  drawn: 0.1,
  cap: 6.5,
  phi: { errors: 1, clientErrors: 1, slow: 1 },
  steps: 3,
  past: 'learnt',
};

interface SliceTraffic {
  /** Requests in a block of 5 s. */
  readonly requests: number;
  readonly canary: Readonly<Record<'errors' | 'clientErrors' | 'slow', number>>;
  readonly stable: SliceTraffic['canary'];
}

function blockOf(random: Random, index: number, { requests, canary, stable }: SliceTraffic): PlaceBlock {
  const n = poisson(random, requests);
  const nc = binomial(random, n, 0.1);
  const counts = (of: number, rates: SliceTraffic['canary']): SliceCounts => ({
    requests: of,
    errors: binomial(random, of, rates.errors),
    clientErrors: binomial(random, of, rates.clientErrors),
    slow: binomial(random, of, rates.slow),
  });
  const at = index * 5_000;
  return { at, endsAt: at + 5_000, epoch: 1, canary: counts(nc, canary), stable: counts(n - nc, stable) };
}

function run(random: Random, traffic: SliceTraffic, blocks: number, seen: (place: Place, index: number) => boolean) {
  let place = openPlace(blockOf(random, 0, traffic));
  for (let index = 1; index < blocks; index += 1) {
    const block = blockOf(random, index, traffic);
    if (block.canary.requests + block.stable.requests > 0) place = stepPlace(place, block, BET);
    if (seen(place, index)) return index;
  }
  return null;
}

const HEALTHY = { errors: 0.001, clientErrors: 0.01, slow: 0.05 };

describe('a place', () => {
  it('bets from the block after its first, and counts from three with canary requests on', () => {
    const bad = (index: number): PlaceBlock => ({
      at: index * 5_000,
      endsAt: (index + 1) * 5_000,
      epoch: 1,
      canary: { requests: 5, errors: 5, clientErrors: 0, slow: 0 },
      stable: { requests: 45, errors: 0, clientErrors: 0, slow: 0 },
    });
    let place = openPlace(bad(0));
    expect(place).toMatchObject({ blocks: 1, logE: 0, logMass: null, canary: [5, 5, 0, 5, 0] });
    place = stepPlace(place, bad(1), BET);
    expect(place.logE).toBeGreaterThan(3);
    expect(countedLogE(place)).toBe(0);
    place = stepPlace(place, bad(2), BET);
    expect(countedLogE(place)).toBe(place.logE);
    expect(worstKind(place)).toBe('errors');
    expect(JSON.parse(JSON.stringify(place))).toEqual(place);
  });

  it('takes its numbers in a few digits, because it is stored at every look', () => {
    const random = seededRandom(5);
    let place = openPlace(blockOf(random, 0, { requests: 20, canary: HEALTHY, stable: HEALTHY }));
    for (let index = 1; index < 2_000; index += 1) {
      place = stepPlace(place, blockOf(random, index, { requests: 20, canary: HEALTHY, stable: HEALTHY }), BET);
    }
    expect(JSON.stringify(place).length).toBeLessThan(450);
  });

  it('learns nothing of the stable while its past is frozen, and still bets', () => {
    const random = seededRandom(6);
    const traffic = { requests: 20, canary: HEALTHY, stable: HEALTHY };
    const place = stepPlace(openPlace(blockOf(random, 0, traffic)), blockOf(random, 1, traffic), BET);
    const frozen = stepPlace(place, blockOf(random, 2, traffic), { ...BET, past: 'frozen' });
    expect(frozen.stable).toEqual(place.stable);
    expect(frozen.logMass).not.toEqual(place.logMass);
  });

  it('reaches 20 in at most one of twenty streams on the margin, and almost never for equal versions', () => {
    const onMargin = { errors: 1.5 * HEALTHY.errors + 0.01, clientErrors: 0.12, slow: 0.15 };
    const reached = (canary: SliceTraffic['canary'], seed: number) =>
      run(seededRandom(seed), { requests: 12, canary, stable: HEALTHY }, 720, ({ logE }) => logE >= Math.log(20));
    const seeds = Array.from({ length: 60 }, (_, index) => index);
    expect(seeds.filter((seed) => reached(onMargin, seed) !== null).length).toBeLessThanOrEqual(3);
    expect(seeds.filter((seed) => reached(HEALTHY, 1_000 + seed) !== null).length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['a tenth of the requests fail', { ...HEALTHY, errors: 0.1 }, 'errors', 150],
    ['every request fails', { ...HEALTHY, errors: 1 }, 'errors', 20],
    ['every request is refused', { ...HEALTHY, clientErrors: 1 }, 'clientErrors', 20],
    ['answers take five times as long', { ...HEALTHY, slow: 0.7 }, 'slow', 30],
  ] as const)('finds that %s', (_, canary, kind, blocks) => {
    let worst: Place | null = null;
    const at = run(seededRandom(3), { requests: 10, canary, stable: HEALTHY }, 400, (place) => {
      worst = place;
      return place.logE >= Math.log(4_000);
    });
    expect(at).toBeLessThan(blocks);
    expect(worst === null ? null : worstKind(worst)).toBe(kind);
  });
});
