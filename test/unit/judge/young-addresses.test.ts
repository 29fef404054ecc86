import { describe, expect, it } from 'vitest';
import { type Carry, carryOn } from '../../../src/judge/carry.ts';
import { type JudgeState, type Look, openJudgement } from '../../../src/judge/judge.ts';
import { onClockOf } from '../../../src/judge/set-back.ts';
import type { Tally, YoungVersions } from '../../../src/stats/block.ts';
import { blockOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const policy = judgePolicy({
  judge: { block: '1s', minStep: '1s', dispersion: { initial: 1 }, warmUp: '4m' },
});
const JOINED_S = 400;
const UNTIL = (JOINED_S + 240) * 1_000;

function youngOf(version: 'stable' | 'canary', tally: Tally, until = UNTIL): YoungVersions {
  return { [version]: { addresses: ['10.0.0.4'], count: 1, until, tally } };
}

function pass(state: JudgeState, from: number, count: number, young?: YoungVersions): Look {
  return lookRepeatedly(
    policy,
    state,
    { from: from * 1_000, count },
    (startedAt) =>
      blockOf({ startedAt, canaryBps: from < 0 ? 0 : 1_000, splitEpoch: from < 0 ? 1 : 2, ...(young && { young }) }),
    { step: weightStep({ splitEpoch: 2, appliedAt: 0 }) },
  );
}

const before = pass(openJudgement(policy), -100, 100).state;
const { state: warm } = pass(before, 0, JOINED_S);

describe('an address that joins the canary within a step', () => {
  it('is left out while it is cold, which the verdict says once', () => {
    const cold = tallyOf(30, { errors: 1, medianMs: 400 });
    const { state, verdict } = pass(warm, JOINED_S, 240, youngOf('canary', cold));
    expect(verdict.name).toBe('at-parity');
    expect(verdict.reason.match(/leaves out 1 young address of the canary until 00:10 UTC/g)).toHaveLength(1);
    expect(state.step.canary).toEqual(pass(warm, JOINED_S, 240).state.step.canary);
    const after = pass(state, JOINED_S + 240, 1).verdict;
    expect(after.name).toBe('at-parity');
    expect(after.reason).not.toContain('young');
  });

  it.each([
    ['errors', tallyOf(30, { errors: 30 })],
    ['clientErrors', tallyOf(30, { clientErrors: 30 })],
    ['unanswered', { ...tallyOf(0), unanswered: 30 }],
  ] as const)('is found by gross %s when it fails always', (kind, tally) => {
    const { verdict } = pass(warm, JOINED_S, 6, youngOf('canary', tally));
    expect(verdict).toMatchObject({ name: 'harmful', worst: `gross:${kind}` });
    expect(verdict.reason).toMatch(
      /^canary (errors|4xx answers|requests without an answer) of addresses that joined it 100 % against \S+ % \(margin 100 % \+ 10 pp\), [\d,]+ against [\d,]+ requests since they joined; odds/,
    );
  });

  it('is found when it is the third that joins', () => {
    const well = pass(warm, JOINED_S, 20, youngOf('canary', tallyOf(30))).state;
    const again = pass(well, JOINED_S + 20, 20, youngOf('canary', tallyOf(30), UNTIL + 20_000)).state;
    expect(again.checks.gross.joined).toMatchObject({ times: 2 });
    // Without latencies: the memory is stored at every look.
    expect(Object.keys(again.checks.gross.joined?.counts?.canary ?? {})).toEqual([
      'requests',
      'errors',
      'clientErrors',
      'unanswered',
    ]);
    const { state, verdict } = pass(
      again,
      JOINED_S + 40,
      6,
      youngOf('canary', tallyOf(30, { errors: 30 }), UNTIL + 40_000),
    );
    expect(state.checks.gross.joined).toMatchObject({ times: 3, since: (JOINED_S + 40) * 1_000 });
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'gross:errors' });
  });

  it('counts with the whole canary in a warm-up of that', () => {
    const { state, verdict } = pass(before, 0, 6, youngOf('canary', tallyOf(900, { errors: 900 })));
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'gross:errors' });
    expect(state.checks.gross.joined).toMatchObject({ times: 0, counts: null });
  });

  it('makes what is left no less than what chance drew', () => {
    const parts = { splitEpoch: 2, canaryBps: 5_000, assignment: 'per-request', stable: tallyOf(500) } as const;
    const { verdict } = lookRepeatedly(
      policy,
      warm,
      { from: JOINED_S * 1_000, count: 200 },
      (startedAt) => blockOf({ ...parts, startedAt, canary: tallyOf(250), young: youngOf('canary', tallyOf(250)) }),
      { step: weightStep({ splitEpoch: 2, appliedAt: 0 }) },
    );
    expect(verdict.name).not.toBe('harmful');
    for (const { check, logHarm } of verdict.findings) expect([check, Math.max(0.1, logHarm)]).toEqual([check, 0.1]);
  });

  it('keeps its time when the clock is set back', () => {
    const { state } = pass(warm, JOINED_S, 5, youngOf('canary', tallyOf(30)));
    const moved = onClockOf(state, { startedAt: 0 });
    const byMs = (JOINED_S + 5) * 1_000;
    expect(moved.checks.gross.joined).toMatchObject({ since: JOINED_S * 1_000 - byMs, until: UNTIL - byMs });
  });
});

it('an address that joins the stable is left out alike, and blames nobody', () => {
  const { state, verdict } = pass(warm, JOINED_S, 60, youngOf('stable', tallyOf(30, { errors: 30 })));
  expect(verdict.name).toBe('at-parity');
  expect(verdict.reason).toContain('leaves out 1 young address of the stable until 00:10 UTC');
  expect(state.step.stable).toEqual(pass(warm, JOINED_S, 60).state.step.stable);
});

describe('blocks that are merged', () => {
  const known = { stretch: '1', phi: { rate: 1, latency: 1 }, past: 'learnt' } as const;
  const traffic = { requests: 600, ms: 600_000 };
  const few = { stable: tallyOf(1), canary: tallyOf(1), assignment: 'per-request', durationMs: 5_000 } as const;

  it('keep what young addresses answered, and are not taken for drawn', () => {
    const young = youngOf('canary', tallyOf(2, { errors: 2 }));
    let carry: Carry | null = null;
    let merged = carryOn(carry, blockOf({ ...few, young }), traffic, known);
    expect(merged.drawn).toBeNull();
    expect(merged.compared.young).toBeUndefined();
    for (let blocks = 2; merged.carry !== null; blocks += 1) {
      carry = merged.carry;
      merged = carryOn(carry, blockOf({ ...few, young }), traffic, known);
      expect((merged.carry ?? merged.compared).young?.canary?.tally).toMatchObject({ requests: 2 * blocks });
    }
  });

  it('that were drawn before an address joined give no drawn evidence with it', () => {
    const open = carryOn(null, blockOf(few), traffic, known);
    expect(open.drawn).toBe(0.1);
    const { drawn } = carryOn(open.carry, blockOf({ ...few, young: youngOf('stable', tallyOf(1)) }), traffic, known);
    expect(drawn).toBeNull();
  });
});
