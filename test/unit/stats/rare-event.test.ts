import { describe, expect, it } from 'vitest';
import { stepNoReport, UNHEARD } from '../../../src/stats/rates/no-report.ts';
import { logRareEvent, openRareEvent, RARE, rareLogE, stepRareEvent } from '../../../src/stats/rates/rare-event.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';

const CAP = 4;

function after(events: readonly ('happened' | 'not')[]) {
  return logRareEvent(events.reduce((state, one) => stepRareEvent(state, one, CAP), openRareEvent()));
}

describe('what happens in at most 5 % of the intervals', () => {
  it('has a mean of 1 when it happens in exactly so many, over every course of ten intervals', () => {
    let mean = 0;
    for (let bits = 0; bits < 1_024; bits += 1) {
      const events = Array.from(
        { length: 10 },
        (_, at) => ((bits >> at) & 1 ? 'happened' : 'not') as 'happened' | 'not',
      );
      const chance = events.reduce((product, one) => product * (one === 'happened' ? RARE : 1 - RARE), 1);
      mean += chance * Math.exp(after(events));
    }
    expect(mean).toBeCloseTo(1, 12);
    for (const slot of [0, 1, 2]) {
      const e = (of: 'happened' | 'not') => Math.exp(rareLogE(of)[slot] ?? Number.NaN);
      expect(RARE * e('happened') + (1 - RARE) * e('not')).toBeCloseTo(1, 12);
    }
  });

  it('reaches 20 at the second in a row, and 1,000 at the third or fourth', () => {
    expect(after(['happened'])).toBeLessThan(Math.log(20));
    expect(after(['happened', 'happened'])).toBeGreaterThan(Math.log(20));
    expect(after(['happened', 'happened', 'happened', 'happened'])).toBeGreaterThan(Math.log(1_000));
  });
});

describe('no report', () => {
  const reports = (requests: number) => ({ ...NO_TALLY, requests });
  const interval = {
    durationMs: 15_000,
    stable: reports(900),
    canary: reports(100),
    routed: { stable: 900, canary: 100 },
  };
  const known = stepNoReport(UNHEARD, interval, CAP);

  it('learns from the first interval how much is reported, and bets from the next one on', () => {
    expect(known.silence.bets).toBe(0);
    const silent = stepNoReport(known, { ...interval, canary: null }, CAP);
    expect(silent).toMatchObject({ silent: 1, silence: { bets: 1 } });
    expect(stepNoReport(known, { ...interval, canary: reports(0) }, CAP).silent).toBe(1);
    expect(stepNoReport(known, interval, CAP)).toMatchObject({ silent: 0, silence: { bets: 1 } });
  });

  it('says nothing where the stable is silent too, or nobody knows what was routed', () => {
    expect(stepNoReport(known, { ...interval, canary: null, stable: null }, CAP)).toBe(known);
    expect(stepNoReport(known, { ...interval, canary: null, stable: reports(0) }, CAP)).toBe(known);
    const { routed: _, ...unrouted } = interval;
    expect(stepNoReport(known, { ...unrouted, canary: null }, CAP)).toBe(known);
  });

  it('says nothing where fewer than five reports would be expected, by what the stable reports of its own', () => {
    const few = { ...interval, canary: null, routed: { stable: 900, canary: 4 } };
    expect(stepNoReport(known, few, CAP).silence.bets).toBe(0);
    const sampled = stepNoReport(UNHEARD, { ...interval, stable: reports(9) }, CAP);
    const routed = (canary: number) => ({ ...interval, canary: null, routed: { stable: 900, canary } });
    expect(stepNoReport(sampled, routed(400), CAP).silence.bets).toBe(0);
    expect(stepNoReport(sampled, routed(500), CAP).silence.bets).toBe(1);
  });
});
