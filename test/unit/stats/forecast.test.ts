import { describe, expect, it } from 'vitest';
import { blockMs, canaryShare, msForCanaryRequests, NO_PACE, stepPace } from '../../../src/stats/evidence/pace.ts';
import { quantileGain, rateGain, requestsNeeded } from '../../../src/stats/rates/forecast.ts';

describe('the forecast', () => {
  it('needs about ln(1/beta)/a requests without errors and with an absolute margin a', () => {
    const gain = rateGain(1e-9, { rho: 1, a: 1e-3 }, 0.01);
    expect(requestsNeeded(Math.log(20), gain, 'begun')).toBeGreaterThan(2_950);
    expect(requestsNeeded(Math.log(20), gain, 'begun')).toBeLessThan(3_050);
  });

  it('gains more from a wider margin', () => {
    expect(rateGain(0.01, { rho: 1.5, a: 0 }, 0.1)).toBeGreaterThan(rateGain(0.01, { rho: 1.25, a: 0 }, 0.1));
    expect(quantileGain(0.2, 0.5, 0.1)).toBeGreaterThan(quantileGain(0.4, 0.5, 0.1));
  });

  it('is nothing when parity is shown, unknown when nothing can be gained, and dearer at the start', () => {
    expect(requestsNeeded(-1, 0.1, 'begun')).toBe(0);
    expect(requestsNeeded(1, 0, 'begun')).toBeNull();
    expect(requestsNeeded(2, 0.1, 'begun')).toBe(20);
    expect(requestsNeeded(2, 0.1, 'not-begun')).toBe(27);
  });
});

describe('the pace', () => {
  it('follows the traffic with a half-life of a minute', () => {
    let pace = NO_PACE;
    expect([canaryShare(pace), msForCanaryRequests(pace, 100)]).toEqual([null, null]);
    for (let block = 0; block < 100; block += 1) pace = stepPace(pace, 50, 450, 5_000);
    expect(canaryShare(pace)).toBeCloseTo(0.1, 12);
    expect(msForCanaryRequests(pace, 100)).toBeCloseTo(10_000, 6);
    for (let block = 0; block < 12; block += 1) pace = stepPace(pace, 100, 400, 5_000);
    expect(msForCanaryRequests(pace, 100)).toBeLessThan(7_000);
  });

  it('knows how long a block usually is, and forgets one that was long', () => {
    expect(blockMs(NO_PACE)).toBeNull();
    let pace = NO_PACE;
    for (let block = 0; block < 4; block += 1) pace = stepPace(pace, 10, 90, 15_000);
    expect(blockMs(pace)).toBeCloseTo(15_000, 9);
    pace = stepPace(pace, 200, 1_800, 300_000);
    for (let block = 0; block < 20; block += 1) pace = stepPace(pace, 10, 90, 15_000);
    expect(blockMs(pace)).toBeLessThan(20_000);
  });
});
