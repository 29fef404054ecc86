import { sum } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { UNITS } from '../../../../src/split/unit-draw.ts';
import { fitMetric, freshUnits, type UnitMargin } from '../../../../src/stats/units/fresh-units.ts';
import { UNIT_CELL, UNIT_CELLS } from '../../../../src/stats/units/unit-block.ts';
import { logUnitE } from '../../../../src/stats/units/unit-evidence.ts';
import { logUnitHarm, lookMass, warmUpLookMass } from '../../../../src/stats/units/unit-harm.ts';
import { emptyPast, type LedgerPast } from '../../../../src/stats/units/unit-ledger.ts';
import { UNIT_LOOKS_MS } from '../../../../src/stats/units/unit-looks.ts';
import { METRIC_CELLS, type UnitMetric } from '../../../../src/stats/units/unit-metric.ts';
import { poisson, seededRandom } from '../../../support/random.ts';

const TRIALS = [40, 900, 12, 300, 4_000, 75, 150, 20, 600, 1_800];
const FROM_BPS = 1_000;
const BPS = 4_000;
const CHANCE = 1 / 3;
const NO_MARGIN: UnitMargin = { relative: 0, perTrial: 0 };

describe('ten units from their counts to the evidence, over all assignments', () => {
  const random = seededRandom(41);
  const errors = TRIALS.map((trials) => poisson(random, trials / 40));
  const slow = TRIALS.map((trials) => poisson(random, trials / 3));
  const scores = TRIALS.map((trials) => Math.round(40 * (random() - 0.4) * Math.sqrt(trials)) / 40);
  const past = pastOf(random);

  it.each<readonly [string, UnitMetric, readonly number[], UnitMargin, timesTheStable: number]>([
    ['errors that are a tenth more', 'errors', errors, { relative: 0.1, perTrial: 0 }, 1.1],
    ['slow answers beyond the margin', 'p95', slow, NO_MARGIN, 1],
    ['scores', 'shift', scores, NO_MARGIN, 1],
  ])('have a mean of 1 where the canary is on the margin: %s', (_, metric, outcomes, margin, times) => {
    const harm = meanOver(metric, outcomes, times, (fitted) => logUnitHarm(fitted), margin, 'harm');
    expect(Math.abs(harm - 1)).toBeLessThanOrEqual(1e-13);
    const parity = meanOver(metric, outcomes, times, (fitted) => ofParity(fitted), margin, 'parity');
    expect(Math.abs(parity - 1)).toBeLessThanOrEqual(1e-13);
  });

  it('have a mean below 1 for harm where the versions are alike, and for parity where the canary is beyond the margin', () => {
    const margin = { relative: 0.1, perTrial: 1e-4 / 1.1 };
    expect(meanOver('errors', errors, 1, (fitted) => logUnitHarm(fitted), margin, 'harm')).toBeLessThan(1);
    const wide = { relative: 0.25, perTrial: 0 };
    expect(meanOver('errors', errors, 1.5, (fitted) => ofParity(fitted), wide, 'parity')).toBeLessThan(1);
    // And so that this can fail: a canary worse than the margin, one better than it.
    expect(meanOver('errors', errors, 2, (fitted) => logUnitHarm(fitted), margin, 'harm')).toBeGreaterThan(1.05);
    expect(meanOver('errors', errors, 0.8, (fitted) => ofParity(fitted), wide, 'parity')).toBeGreaterThan(1.05);
  });

  function ofParity({ fit, draw, allowance }: NonNullable<ReturnType<typeof fitMetric>>): number {
    return logUnitE(fit, draw, 2.8, 'parity', allowance);
  }

  function meanOver(
    metric: UnitMetric,
    outcomes: readonly number[],
    timesTheStable: number,
    logE: (fitted: NonNullable<ReturnType<typeof fitMetric>>) => number,
    margin: UnitMargin,
    edges: 'harm' | 'parity',
  ): number {
    const draws = new Float64Array(UNITS).fill(0.9);
    const cells = new Float64Array(UNITS * UNIT_CELLS);
    const onCanary = new Uint8Array(UNITS);
    const { outcome, beyond, trials } = METRIC_CELLS[metric];
    TRIALS.forEach((count, unit) => {
      cells[unit * UNIT_CELLS + UNIT_CELL.requests] = count;
      cells[unit * UNIT_CELLS + trials] = count;
    });
    const terms = Array.from({ length: 2 ** TRIALS.length }, (_, assignment) => {
      let chance = 1;
      for (let unit = 0; unit < TRIALS.length; unit += 1) {
        const isCanary = ((assignment >> unit) & 1) === 1;
        chance *= isCanary ? CHANCE : 1 - CHANCE;
        draws[unit] = isCanary ? 0.2 : 0.7;
        onCanary[unit] = isCanary ? 1 : 0;
        const seen = (outcomes[unit] ?? 0) * (isCanary ? timesTheStable : 1);
        cells[unit * UNIT_CELLS + outcome] = seen;
        cells[unit * UNIT_CELLS + beyond] = seen;
      }
      const counts = { canaryBps: BPS, since: 0, until: 1, cells, onCanary, draws, past };
      const fresh = freshUnits(counts, FROM_BPS);
      const fitted = fresh && fitMetric(fresh, metric, margin, edges);
      if (fitted === null) throw new Error('nothing to fit');
      return chance * Math.exp(logE(fitted));
    });
    return sum(terms);
  }
});

describe('the weights of all looks', () => {
  it('add up to at most 1, however many steps and warm-ups there are', () => {
    for (const declared of [1, 2, 3, 7]) {
      let all = 0;
      for (let step = 0; step < 60; step += 1) all += UNIT_LOOKS_MS.length * lookMass(step, declared);
      for (let before = 0; before < 10_000; before += 1) all += warmUpLookMass(before);
      expect(all).toBeLessThanOrEqual(1);
      expect(all).toBeGreaterThan(0.99);
    }
  });
});

function pastOf(random: () => number): LedgerPast {
  const past = emptyPast();
  TRIALS.forEach((trials, unit) => {
    for (const metric of ['errors', 'p95', 'shift'] as const) {
      past[metric].expected[unit] = trials / 10;
      past[metric].events[unit] = metric === 'shift' ? 8 * (random() - 0.5) : poisson(random, trials / 10);
    }
  });
  return past;
}
