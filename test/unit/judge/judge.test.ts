import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { briskPolicy, judgePolicy } from '../../support/judge-policy.ts';
import { seededRandom } from '../../support/random.ts';
import { type Behaviour, HEALTHY, simulateBlock } from '../../support/simulated-traffic.ts';

const policy = briskPolicy();
const healthy = (startedAt: number) => blockOf({ startedAt });
const failing = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { errors: 10, clientErrors: 1 }) });

describe('harmful', () => {
  it('takes at least minBlocks blocks, however bad they are', () => {
    const broken = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { errors: 100 }) });
    expect(lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2 }, broken).verdict.name).toBe('suspect');
    expect(lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 3 }, broken).verdict.name).toBe('harmful');
  });

  it('is said in one sentence with both rates, the margin, the counts and the odds', () => {
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 4 }, failing);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'errors', needs: null });
    expect(verdict.reason).toMatch(
      /^canary errors 10 % against 0\.22 % \(margin 10 % \+ 0\.01 pp\), [34]00 against [\d,]+ requests in [34] s; odds of a false alarm < 1 in 1,000$/,
    );
    expect(verdict.logEvidence).toBeGreaterThanOrEqual(verdict.logThreshold);
  });

  it('covers the span since the harm set in, not the healthy minutes before it', () => {
    const random = seededRandom(7);
    const span = { durationMs: 1_000, splitEpoch: 1, canaryBps: 1_000, requestsPerSecond: 600 };
    const block = (canary: Behaviour) => (startedAt: number) =>
      simulateBlock(random, { ...span, startedAt }, HEALTHY, canary);
    const before = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 300 }, block(HEALTHY));
    const broken = block({ ...HEALTHY, errors: 0.1 });
    const { verdict } = lookRepeatedly(policy, before.state, { from: 300_000, count: 9 }, broken);
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(/^canary errors \d+(\.\d)? % against 0\.\d+ % .* in [3-9] s;/);
  });

  it('stays, whatever comes after it', () => {
    const { state, verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 4 }, failing);
    for (const input of [inputOf(null), inputOf([]), inputOf([healthy(9_000)])]) {
      expect(look(policy, state, input).verdict).toEqual(verdict);
    }
  });

  it('is found by blocks that queued up exactly as one by one', () => {
    const blocks = [0, 1, 2, 3, 4, 5].map((second) => (second < 2 ? healthy : failing)(second * 1_000));
    const queued = look(policy, openJudgement(policy), inputOf(blocks));
    let one = look(policy, openJudgement(policy), inputOf([]));
    for (const block of blocks) one = look(policy, one.state, { ...inputOf([block]), at: queued.state.fedAt ?? 0 });
    expect(one.verdict).toEqual(queued.verdict);
    expect({ ...one.state, fedAt: 0 }).toEqual({ ...queued.state, fedAt: 0 });
  });

  it('names the latency that carries it, in milliseconds', () => {
    const slow = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { medianMs: 30 }) });
    const before = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 5 }, healthy);
    const { verdict } = lookRepeatedly(policy, before.state, { from: 5_000, count: 8 }, slow);
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(/canary p\d\d \d+(\.\d)? ms against \d+(\.\d)? ms \(margin /);
  });

  it('does not follow from a moderate rise of 4xx answers, which holds the promotion back', () => {
    const refusing = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { clientErrors: 8 }) });
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 120 }, refusing);
    expect(verdict).toMatchObject({ name: 'undecided', worst: 'clientErrors' });
    expect(verdict.reason).toBe(
      '4xx answers 8 % against 1 %, more than 50 % + 1 pp above the stable, which holds the canary',
    );
  });

  it('leaves a skipped check out of the sum and of the findings', () => {
    const skipping = { skippedChecks: ['errors'] as const };
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 20 }, failing, skipping);
    expect(verdict.name).not.toBe('harmful');
    expect(verdict.findings.map(({ check }) => check)).toEqual([
      'unanswered',
      'clientErrors',
      'p50',
      'p95',
      'p99',
      'dominance',
    ]);
  });
});

describe('suspect', () => {
  it('is stronger than blind', () => {
    const { state, verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2 }, failing);
    expect(verdict.name).toBe('suspect');
    expect(look(policy, state, inputOf(null, { unusable: 'connection refused' })).verdict.name).toBe('suspect');
  });
});

describe('blind', () => {
  it('says why there is no data', () => {
    const { verdict } = look(policy, openJudgement(policy), inputOf(null, { unusable: 'connection refused' }));
    expect(verdict).toMatchObject({ name: 'blind', reason: 'connection refused' });
  });

  it('is a version that reported nothing, where it should have', () => {
    for (const track of ['canary', 'stable'] as const) {
      const { verdict } = look(policy, openJudgement(policy), inputOf([blockOf({ [track]: null })]));
      expect(verdict).toMatchObject({ name: 'blind', reason: `the ${track} reported nothing` });
    }
    const internal = weightStep({ kind: 'internal' });
    const quiet = inputOf([blockOf({ canary: null, canaryBps: 0 })], { step: internal });
    expect(look(policy, openJudgement(policy), quiet).verdict.name).toBe('undecided');
  });

  it('passes: the next good look goes on where the last one stood', () => {
    const { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, healthy);
    const blind = look(policy, state, inputOf(null));
    expect(blind.verdict.name).toBe('blind');
    expect(look(policy, blind.state, inputOf([healthy(60_000)])).verdict.name).toBe('at-parity');
  });
});

describe('undecided', () => {
  it('is where nothing was ever measured, and where no canary traffic came', () => {
    const nothing = look(policy, openJudgement(policy), inputOf([]));
    expect(nothing.verdict).toMatchObject({ name: 'undecided', reason: 'nothing has been measured yet' });
    const none = look(policy, nothing.state, inputOf([blockOf({ canary: tallyOf(0), stable: tallyOf(9) })]));
    expect(none.verdict).toMatchObject({ name: 'undecided', reason: 'no canary traffic yet' });
  });

  it('waits until the split has been seen applied', () => {
    const step = weightStep({ appliedAt: null });
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 80 }, healthy, { step });
    expect(verdict.reason).toBe('the split of this step has not been seen applied yet');
  });

  it('says how many requests it still needs, and how long that takes', () => {
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 4 }, healthy);
    expect(verdict.name).toBe('undecided');
    expect(verdict.reason).toMatch(/^[\w ]+: needs about [\d,]+ more canary requests, \d+ s at this traffic$/);
    expect(verdict.needs?.canaryRequests).toBeGreaterThan(0);
    expect(verdict.needs?.ms).toBeCloseTo((verdict.needs?.canaryRequests ?? 0) * 10, 6);
  });

  it('forecasts a range, the same at the next weights, and how soon a doubling of errors would be known', () => {
    const { verdict, state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 4 }, healthy);
    const { parity, doublingMs, says } = verdict.forecast ?? {};
    expect(parity?.lowMs).toBeCloseTo(0.3 * (verdict.needs?.ms ?? 0), 6);
    expect(parity?.highMs).toBeCloseTo(2.3 * (verdict.needs?.ms ?? 0), 6);
    expect(parity?.at.map(({ weightBps }) => weightBps)).toEqual([2_500, 5_000]);
    expect(parity?.at[0]?.ms).toBeLessThan(verdict.needs?.ms ?? 0);
    expect(doublingMs).toBeGreaterThanOrEqual(3_000);
    expect(says).toMatch(
      /^parity in \d+ s to \d+ s, at 25 %: about \d+ s, at 50 %: about \d+ s; a doubling of errors would be known in \d+ (s|min)$/,
    );
    const last = look(policy, state, inputOf([], { step: weightStep({ index: 2, position: 'last' }) }));
    expect(last.verdict.forecast?.parity?.at).toEqual([]);
  });

  it('forecasts the end of parity no more once it is shown, and nothing where nothing is compared', () => {
    const shown = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 90 }, healthy);
    expect(shown.verdict).toMatchObject({ name: 'at-parity', forecast: { parity: null } });
    expect(shown.verdict.forecast?.says).toMatch(/^a doubling of errors would be known in \d+ (s|min)$/);
    const skipped = look(policy, shown.state, inputOf([], { skippedChecks: ['errors'] }));
    expect(skipped.verdict.forecast).toBeNull();
    const baking = look(policy, shown.state, inputOf([], { step: weightStep({ kind: 'bake', index: 3 }) }));
    expect(baking.verdict.forecast).toBeNull();
  });

  it('forecasts no parity while evidence holds the canary, or where its figures are outside the margin', () => {
    const empty = (startedAt: number) => blockOf({ startedAt, canary: { ...tallyOf(100), empty: 30 } });
    const held = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 20 }, empty).verdict;
    expect(held.hold?.cause).toBe('worse:empty');
    expect(held.forecast?.parity ?? null).toBeNull();
    const denied = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { clientErrors: 4 }) });
    const seen = [2, 4, 6, 8, 10, 15, 20].map(
      (count) => lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, denied).verdict,
    );
    const outside = seen.filter(({ findings }) =>
      findings.some(({ says }) => says.includes('outside the parity margin')),
    );
    expect(outside.filter(({ hold }) => hold === undefined)).not.toEqual([]);
    expect(outside.filter(({ forecast }) => (forecast?.parity ?? null) !== null)).toEqual([]);
  });

  it('tells no doubling of errors that nobody would wait for', () => {
    // With a canary of 3 requests in a minute and no error of either: 107 days.
    const quiet = (startedAt: number) =>
      blockOf({ startedAt, stable: tallyOf(9), canary: tallyOf(startedAt % 20_000 === 0 ? 1 : 0) });
    const { forecast } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, quiet).verdict;
    expect(forecast?.doublingMs ?? null).toBeNull();
    expect(forecast?.says ?? '').not.toContain('doubling');
  });

  it('rolls a doubling of errors back about when it was forecast', () => {
    const erring = (errors: number) => (startedAt: number) =>
      blockOf({ startedAt, stable: tallyOf(900, { errors: 9 }), canary: tallyOf(100, { errors }) });
    const before = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, erring(1));
    const forecast = before.verdict.forecast?.doublingMs ?? 0;
    let state = before.state;
    let block = 0;
    for (let name = ''; name !== 'harmful' && block < 1_000; block += 1) {
      const seen = lookRepeatedly(policy, state, { from: 60_000 + block * 1_000, count: 1 }, erring(2));
      state = seen.state;
      name = seen.verdict.name;
    }
    expect(block * 1_000).toBeGreaterThan(0.5 * forecast);
    expect(block * 1_000).toBeLessThan(2 * forecast);
  });

  it('blames no latency during the warm-up', () => {
    const warming = judgePolicy({ judge: { block: '1s', warmUp: '60s' }, harm: { slow: 10_000 } });
    const slow = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { medianMs: 80 }) });
    const { state, verdict } = lookRepeatedly(warming, openJudgement(warming), { from: 0, count: 40 }, slow);
    expect(verdict).toMatchObject({ name: 'suspect', goBack: true });
    expect(verdict.findings.find(({ check }) => check === 'p50')).toMatchObject({
      logHarm: 0,
      says: 'p50: not judged while the canary warms up, 20 s are left',
    });
    expect(lookRepeatedly(warming, state, { from: 40_000, count: 24 }, slow).verdict.name).toBe('harmful');
  });

  it('holds a step at parity for minStep', () => {
    const patient = judgePolicy({
      checks: policyChecks(),
      judge: { block: '1s', minStep: '10m', warmUp: '0s' },
    });
    const { verdict } = lookRepeatedly(patient, openJudgement(patient), { from: 0, count: 90 }, healthy);
    expect(verdict.reason).toBe('every check is at parity, and the step lasts at least 10 min: 9 min are left');
  });

  it('is parity of which nothing new has been heard for long', () => {
    const { state, verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 90 }, healthy);
    expect(verdict.name).toBe('at-parity');
    expect(look(policy, state, inputOf([], { at: 91_000 })).verdict.name).toBe('at-parity');
    const later = look(policy, state, inputOf([], { at: 390_000 })).verdict;
    expect(later).toMatchObject({ name: 'undecided', reason: 'nothing new has been measured for 5 min' });
  });

  it('has heard of something new where a block takes as long as it always did', () => {
    let state = openJudgement(policy);
    let end = 0;
    for (; end < 300_000; end += 15_000) {
      const scraped = { durationMs: 15_000, stable: tallyOf(9_000), canary: tallyOf(1_000) };
      state = look(policy, state, inputOf([blockOf({ startedAt: end, ...scraped })])).state;
    }
    const nameAfter = (ms: number) => look(policy, state, inputOf([], { at: end + ms })).verdict.name;
    expect(nameAfter(20_000)).toBe('at-parity');
    expect(nameAfter(40_000)).toBe('undecided');
  });
});

describe('at parity', () => {
  it('names the margins it is inside and the requests that showed it', () => {
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 90 }, healthy);
    expect(verdict).toMatchObject({ name: 'at-parity', worst: null, needs: null });
    expect(verdict.reason).toBe(
      'errors within 25 % or 1 pp, 4xx answers within 50 % or 1 pp, p50 within 26.8 %, p95 within 42.8 %, ' +
        'p99 within 60.8 % of the stable, shown by 9,000 canary requests in this step',
    );
  });

  it('starts anew with each step', () => {
    const { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 90 }, healthy);
    const step = weightStep({ index: 1, position: 'middle', splitEpoch: 2, appliedAt: 90_000 });
    const next = look(policy, state, inputOf([blockOf({ startedAt: 90_000, splitEpoch: 2 })], { step }));
    expect(next.verdict.name).toBe('undecided');
    expect(next.state.step.canary.requests).toBe(100);
  });

  it('goes on when only the weight of a step is changed', () => {
    const { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 90 }, healthy);
    const step = weightStep({ splitEpoch: 2 });
    const next = look(policy, state, inputOf([blockOf({ startedAt: 90_000, splitEpoch: 2 })], { step }));
    expect(next.verdict.name).toBe('at-parity');
    expect(next.state.onset.comparison.stepChanges).toBe(1);
  });

  it('is not shown by blocks of an older split, which can still show harm', () => {
    const step = weightStep({ splitEpoch: 2 });
    const old = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 90 }, healthy, { step });
    expect(old.verdict).toMatchObject({ name: 'undecided', reason: 'no canary traffic yet' });
    expect(lookRepeatedly(policy, old.state, { from: 90_000, count: 8 }, failing, { step }).verdict.name).toBe(
      'harmful',
    );
  });
});

describe('the state', () => {
  it('is restored from JSON at every look without a difference', () => {
    let kept = openJudgement(policy);
    let restored = openJudgement(policy);
    for (let second = 0; second < 60; second += 1) {
      const block = (second < 50 ? healthy : failing)(second * 1_000);
      const input = inputOf(second % 7 === 3 ? [] : [block], { at: second * 1_000 });
      const one = look(policy, kept, input);
      const other = look(policy, JSON.parse(JSON.stringify(restored)), input);
      expect(JSON.stringify(other)).toBe(JSON.stringify(one));
      kept = one.state;
      restored = other.state;
    }
    expect(kept.decided?.name).toBe('harmful');
  });

  it('says how old an open request has to be to count as slow', () => {
    const { slowAfterMs, state } = look(policy, openJudgement(policy), inputOf([]));
    expect(slowAfterMs).toBe(30_000);
    expect(look(policy, state, inputOf([healthy(0)])).slowAfterMs).toBe(250);
    const slow = blockOf({ stable: tallyOf(900, { medianMs: 500 }) });
    const measured = look(policy, state, inputOf([slow])).slowAfterMs;
    expect(measured).toBeGreaterThan(2_000);
    expect(measured).toBeLessThan(6_000);
  });
});

function policyChecks() {
  return {
    errors: { parity: { relative: '25%', absolute: '1pp' } },
    latency: {
      p50: { rollback: '4.1%', parity: '27%' },
      p95: { rollback: '6.2%', parity: '43%' },
      p99: { rollback: '10.5%', parity: '61%' },
    },
  };
}
