import { describe, expect, it } from 'vitest';
import { type Look, openJudgement } from '../../../src/judge/judge.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';

const policy = briskPolicy();
const routed = { stable: 900, canary: 100 };
const heard = (startedAt: number) => blockOf({ startedAt, routed });
const silent = (startedAt: number) => blockOf({ startedAt, routed, canary: null });
const nobody = (startedAt: number) => blockOf({ startedAt, routed, canary: null, stable: null });

function after(count: number, make: (startedAt: number) => ReturnType<typeof blockOf>, from?: Look, parts = {}): Look {
  const start = from?.state.measuredUntil ?? 0;
  return lookRepeatedly(policy, from?.state ?? openJudgement(policy), { from: start, count }, make, parts);
}

const silenceIn = ({ verdict }: Look) => verdict.findings.find(({ check }) => check === 'silence');

describe('a canary that reports nothing of what it is sent', () => {
  const well = after(90, heard);

  it('is not thought of while it reports', () => {
    expect(well.verdict.name).toBe('at-parity');
    expect(silenceIn(well)?.logHarm).toBeLessThan(0);
  });

  it('is blind at once, silent at E >= 20, and never promoted before enough of its reports have come', () => {
    expect(after(1, silent, well).verdict).toMatchObject({
      name: 'blind',
      reason: 'the canary reported nothing',
      worst: null,
    });
    const gone = after(8, silent, well);
    expect(gone.verdict).toMatchObject({ name: 'blind', worst: 'silence' });
    expect(gone.verdict.reason).toMatch(/^canary is silent: reported nothing in 8 of 97 intervals in which the stable/);
    expect(silenceIn(gone)?.logHarm).toBeGreaterThan(gone.verdict.logThreshold);
    expect(gone.verdict.logEvidence).toBeLessThan(1);
    const back = after(1, heard, gone);
    expect(back.verdict).toMatchObject({ name: 'blind', worst: 'silence' });
    expect(after(60, heard, back).verdict.name).toBe('at-parity');
  });

  it('is silent as well when its counters stand still', () => {
    const still = after(8, (startedAt) => blockOf({ startedAt, routed, canary: tallyOf(0) }), well);
    expect(still.verdict).toMatchObject({ name: 'blind', worst: 'silence' });
  });

  it('says nothing when the stable is silent, too: both silent is blind', () => {
    const both = after(50, nobody, well);
    expect(both.verdict).toMatchObject({ name: 'blind', reason: 'the canary reported nothing', worst: null });
    expect(silenceIn(both)?.logHarm).toBe(silenceIn(well)?.logHarm);
  });

  it('may be skipped by a person who knows why', () => {
    const known = after(8, silent, well, { skippedChecks: ['silence'] });
    expect(known.verdict).toMatchObject({ name: 'blind', reason: 'the canary reported nothing', worst: null });
  });

  it('is not asked for where the source routes what it measures', () => {
    expect(silenceIn(after(8, (startedAt) => blockOf({ startedAt, canary: null })))).toBeUndefined();
  });
});
