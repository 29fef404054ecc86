import { describe, expect, it } from 'vitest';
import { logMixture, openMixture, stepMixture } from '../../../src/stats/evidence/onset.ts';
import { advanceSchedule, spentMass, UNSTARTED } from '../../../src/stats/evidence/onset-schedule.ts';

const MINUTE = 60_000;

describe('the onset mixture', () => {
  it('begins at 1 and stays there while nothing is bet', () => {
    let mixture = openMixture(2);
    for (const spent of [0, 0.5, 0.5, 0.8, 1]) {
      mixture = stepMixture(mixture, spent, [0, 0]);
      expect(logMixture(mixture, [0.4, 0.6])).toBeCloseTo(0, 12);
    }
  });

  it('injects before it multiplies', () => {
    const mixture = stepMixture(openMixture(1), 0.5, [Math.log(3)]);
    expect(Math.exp(logMixture(mixture, [1]))).toBeCloseTo(0.5 * 3 + 0.5, 12);
  });

  it('finds a late onset although the evidence before it was all against', () => {
    let mixture = openMixture(1);
    for (let block = 0; block < 5_000; block += 1) mixture = stepMixture(mixture, 0.5, [-2]);
    expect(logMixture(mixture, [1])).toBeCloseTo(Math.log(0.5), 9);
    for (let block = 0; block < 5; block += 1) mixture = stepMixture(mixture, 0.501, [4]);
    expect(logMixture(mixture, [1])).toBeCloseTo(20 + Math.log(0.001), 4);
  });

  it('is plain JSON at every step', () => {
    let mixture = openMixture(3);
    for (const spent of [0, 0.5, 0.6]) {
      mixture = stepMixture(mixture, spent, [1.1, -0.3, 0]);
      expect(JSON.parse(JSON.stringify(mixture))).toEqual(mixture);
    }
  });
});

describe('the injection schedule', () => {
  it('gives half at the start and shares 0.3 among the step changes', () => {
    const started = advanceSchedule(UNSTARTED, 1_000, 'same-step');
    expect(spentMass(UNSTARTED, 4)).toBe(0);
    expect(spentMass(started, 4)).toBe(0.5);
    const once = advanceSchedule(started, 2_000, 'step-changed');
    expect(spentMass(once, 4)).toBeCloseTo(0.6, 12);
    const often = Array.from({ length: 9 }).reduce<typeof once>((s) => advanceSchedule(s, 3_000, 'step-changed'), once);
    expect(spentMass(often, 4)).toBeCloseTo(0.8, 12);
    expect(spentMass(often, 1)).toBe(0.5);
  });

  it('gives minute 0 nothing, and adds up what was missed', () => {
    const started = advanceSchedule(UNSTARTED, 0, 'same-step');
    expect(spentMass(advanceSchedule(started, 59_999, 'same-step'), 1)).toBe(0.5);
    const later = advanceSchedule(started, 10 * MINUTE + 5, 'same-step');
    expect(spentMass(later, 1)).toBeCloseTo(0.5 + (0.1 * 10) / 1_440, 12);
    expect(advanceSchedule(later, 0, 'same-step')).toEqual(later);
  });

  it('gives a minute of day d + 1 its 0.1 / (1440 d (d + 1))', () => {
    const at = (minutes: number) => spentMass({ startedAt: 0, minutes, stepChanges: 0 }, 1);
    expect(at(1_440)).toBeCloseTo(0.6, 12);
    expect(at(1_441) - at(1_440)).toBeCloseTo(0.1 / (1_440 * 1 * 2), 12);
    expect(at(30 * 1_440 + 7) - at(30 * 1_440 + 6)).toBeCloseTo(0.1 / (1_440 * 30 * 31), 12);
  });

  it('never shrinks and never spends more than 1', () => {
    let before = 0;
    for (let minutes = 0; minutes < 100 * 1_440; minutes += 13) {
      const spent = spentMass({ startedAt: 0, minutes, stepChanges: Math.min(3, minutes) }, 4);
      expect(spent).toBeGreaterThanOrEqual(before);
      expect(spent).toBeLessThanOrEqual(1);
      before = spent;
    }
    expect(spentMass({ startedAt: 0, minutes: 1e12, stepChanges: 9 }, 4)).toBeLessThanOrEqual(1);
  });
});
