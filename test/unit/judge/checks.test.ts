import { describe, expect, it } from 'vitest';
import { type JudgeState, look, openJudgement } from '../../../src/judge/judge.ts';
import { BEGUN_ANEW } from '../../../src/judge/recall.ts';
import { thresholdsOf } from '../../../src/judge/thresholds.ts';
import { GROUPS, type Tally } from '../../../src/stats/block.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { briskPolicy, judgePolicy, ROUND_WEIGHTS } from '../../support/judge-policy.ts';

const policy = briskPolicy();
const healthy = (startedAt: number) => blockOf({ startedAt });
const after = (count: number) => lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, healthy);
/** Enough answers that some lie above the p99.9 of the past. */
const many =
  (canary = tallyOf(400)) =>
  (startedAt: number) =>
    blockOf({ startedAt, stable: tallyOf(4_000), canary });
const findingOf = (verdict: ReturnType<typeof look>['verdict'], check: string) => {
  const finding = verdict.findings.find((one) => one.check === check);
  if (finding === undefined) throw new Error(`no finding of ${check}`);
  return finding;
};

describe('the check of the whole distribution', () => {
  it('rolls back a canary that is slower throughout, in the figures of the quantile furthest apart', () => {
    const onlyDominance = judgePolicy({
      checks: { latency: { p50: { rollback: '4.1%', parity: '27%' } } },
      judge: {
        block: '1s',
        warmUp: '0s',
        weights: { errors: 0, dominance: 1, p50: 0, p95: 0, p99: 0, guards: 0 },
      },
    });
    const before = lookRepeatedly(onlyDominance, openJudgement(onlyDominance), { from: 0, count: 3 }, many());
    const slow = many(tallyOf(400, { medianMs: 30 }));
    const { verdict } = lookRepeatedly(onlyDominance, before.state, { from: 3_000, count: 12 }, slow);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'dominance' });
    expect(verdict.reason).toMatch(/^canary p\d\d \d+(\.\d)? ms against .* \(margin 4 % over the whole distribution\)/);
  });

  it('has the margin of the p50 unless the policy gives it one, and claims no parity', () => {
    const finding = findingOf(after(10).verdict, 'dominance');
    expect(finding).toMatchObject({ rollbackMargin: '4 % over the whole distribution', logParity: null });
    const wide = judgePolicy({ checks: { latency: { dominance: { rollback: '10%' } } } });
    const { verdict } = lookRepeatedly(wide, openJudgement(wide), { from: 0, count: 10 }, healthy);
    expect(findingOf(verdict, 'dominance').rollbackMargin).toBe('8.2 % over the whole distribution');
  });

  it('says what it waits for', () => {
    const few = (startedAt: number) => blockOf({ startedAt, stable: tallyOf(30) });
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2 }, few);
    expect(findingOf(verdict, 'dominance').says).toMatch(/^dominance: waits for about \d+ more answers of the stable$/);
  });
});

describe('the budget', () => {
  it('without guards is errors 0.4, dominance 0.3 and 0.1 for each quantile', () => {
    const round = judgePolicy({ judge: { weights: ROUND_WEIGHTS } });
    const { verdict } = lookRepeatedly(round, openJudgement(round), { from: 0, count: 3 }, healthy);
    const weights = Object.fromEntries(verdict.findings.map((one) => [one.check, one.budgetWeight]));
    expect((weights['errors'] ?? 0) + (weights['unanswered'] ?? 0)).toBeCloseTo(0.4, 12);
    expect(weights['dominance']).toBeCloseTo(0.3, 12);
    expect(weights['p50']).toBeCloseTo(0.1, 12);
    expect(weights['clientErrors']).toBe(0);
    expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  it('with guards is one as well', () => {
    const guarded = judgePolicy({ guards: { errors: '2%', p99: '800ms' }, judge: { weights: ROUND_WEIGHTS } });
    const { verdict } = lookRepeatedly(guarded, openJudgement(guarded), { from: 0, count: 3 }, healthy);
    expect(verdict.findings.reduce((sum, { budgetWeight }) => sum + budgetWeight, 0)).toBeCloseTo(1, 12);
    expect(findingOf(verdict, 'guard:p99').budgetWeight).toBeCloseTo(0.05, 12);
  });
});

describe('requests that nobody answers', () => {
  const hung = (startedAt: number) => blockOf({ startedAt, canary: { ...tallyOf(0), unanswered: 100 } });

  it('roll back soon after the next minute begins, though no outcome of the canary is known', () => {
    const { verdict } = lookRepeatedly(policy, after(55).state, { from: 55_000, count: 14 }, hung);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'unanswered' });
    expect(verdict.reason).toMatch(
      /^canary requests left or overdue without an answer 100 % against 0 % \(margin 100 % \+ 0\.5 pp\), [\d,]+ against/,
    );
  });

  it('roll back from the very first block of a rollout on', () => {
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 5 }, hung);
    expect(verdict.name).toBe('harmful');
  });
});

describe('a canary that hangs while impatient clients leave', () => {
  // 40 requests/s, a tenth to the canary, in blocks of 5 s.
  const held = judgePolicy();
  const block = (startedAt: number, canary: Tally) =>
    blockOf({ startedAt, durationMs: 5_000, stable: tallyOf(180), canary, drawn: { stable: 180, canary: 20 } });

  it('is rolled back after four blocks', () => {
    const stable = Array.from({ length: 60 }, (_, index) => ({ ...block(index * 5_000, tallyOf(0)), canaryBps: 0 }));
    let { state } = look(held, openJudgement(held), inputOf(stable, { step: weightStep({ kind: 'internal' }) }));
    const names: string[] = [];
    for (let at = 300_000; at < 320_000; at += 5_000) {
      const seen = look(held, state, inputOf([block(at, { ...tallyOf(0), unanswered: 20 })]));
      state = seen.state;
      names.push(seen.verdict.name);
    }
    expect(names.at(-1)).toBe('harmful');
  });

  it('is not said to have no traffic, whether its requests were left or are still open', () => {
    const left = look(held, openJudgement(held), inputOf([block(0, { ...tallyOf(0), unanswered: 1 })]));
    const open = look(held, openJudgement(held), inputOf([block(0, { ...tallyOf(2), requests: 0 })]));
    expect(left.verdict.reason).toMatch(/^the canary has answered none of 1 request in this step: /);
    expect(open.verdict.reason).toMatch(/^the canary has answered none of 2 requests in this step: still open/);
  });
});

describe('a canary that gets no traffic', () => {
  it('is held and said so, though parity was shown before', () => {
    const shown = after(90);
    expect(shown.verdict.name).toBe('at-parity');
    const none = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(0) });
    const { verdict } = lookRepeatedly(policy, shown.state, { from: 90_000, count: 9 }, none);
    expect(verdict.name).toBe('undecided');
    expect(verdict.reason).toMatch(/^canary gets no traffic: 9,000 of [\d,]+ requests at this weight, too few/);
  });

  it('is judged anew under each split', () => {
    const none = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(0) });
    const silent = lookRepeatedly(policy, after(3).state, { from: 3_000, count: 9 }, none);
    const moved = blockOf({ startedAt: 12_000, splitEpoch: 2 });
    const { verdict } = look(policy, silent.state, inputOf([moved], { step: weightStep({ splitEpoch: 2 }) }));
    expect(verdict.reason).not.toMatch(/^canary gets no traffic/);
  });
});

describe('4xx answers', () => {
  const refused = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { clientErrors: 100 }) });

  it('to everything roll back within three looks', () => {
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 3 }, refused);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'clientErrors' });
    expect(verdict.reason).toMatch(
      /^canary 4xx answers 100 % against [\d.]+ % \(margin 100 % \+ 10 pp; more than 50 % \+ 1 pp holds\), 300 against/,
    );
  });

  it('to everything roll back where nearly half of what the stable answers is 4xx', () => {
    const many = { stable: tallyOf(900, { clientErrors: 410 }), canary: tallyOf(100, { clientErrors: 45 }) };
    const calm = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, (startedAt) =>
      blockOf({ startedAt, ...many }),
    );
    expect(calm.verdict.name).not.toBe('harmful');
    const lost = lookRepeatedly(policy, calm.state, { from: 60_000, count: 4 }, (startedAt) =>
      blockOf({ startedAt, ...many, canary: tallyOf(100, { clientErrors: 100 }) }),
    );
    expect(lost.verdict.reason).toMatch(
      /^canary 4xx answers 100 % against 45\.6 % \(margin 50 % of the other answers lost;/,
    );
  });

  it('hold only, where the policy turns it off and where one client may be all of it', () => {
    const off = judgePolicy({
      judge: { block: '1s', minStep: '3s', warmUp: '0s' },
      checks: { clientErrors: { rollback: 'off' } },
    });
    const { verdict } = lookRepeatedly(off, openJudgement(off), { from: 0, count: 40 }, refused);
    expect(verdict).toMatchObject({ name: 'undecided', hold: { cause: 'worse:clientErrors' } });
    expect(findingOf(verdict, 'clientErrors').rollbackMargin).toBe('50 % + 1 pp, which holds');
    const sticky = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 40 }, (startedAt) => ({
      ...refused(startedAt),
      assignment: 'by-key',
    }));
    expect(findingOf(sticky.verdict, 'clientErrors').logHarm).toBe(0);
  });

  it('of a slow service roll back, though no block has answers of both versions', () => {
    const slow = (startedAt: number) => {
      const ours = startedAt % 10_000 === 0;
      return blockOf({
        startedAt,
        assignment: 'per-request',
        stable: tallyOf(ours ? 0 : 1),
        canary: tallyOf(ours ? 1 : 0, { clientErrors: ours ? 1 : 0 }),
      });
    };
    const begun = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2 }, healthy);
    const { verdict } = lookRepeatedly(policy, begun.state, { from: 2_000, count: 200 }, slow);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'clientErrors' });
  });

  it('gather evidence of their own that holds, and does not roll back for a moderate rise', () => {
    const refusing = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { clientErrors: 8 }) });
    const { verdict } = lookRepeatedly(policy, after(90).state, { from: 90_000, count: 50 }, refusing);
    expect(verdict).toMatchObject({
      name: 'undecided',
      worst: 'clientErrors',
      hold: { cause: 'worse:clientErrors', check: 'clientErrors', urgency: 'after-max-hold' },
    });
    expect(findingOf(verdict, 'clientErrors')).toMatchObject({
      rollbackMargin: '100 % + 10 pp; more than 50 % + 1 pp holds',
    });
    expect(findingOf(verdict, 'clientErrors').logHarm).toBeLessThan(0);
    expect(verdict.logEvidence).toBeLessThan(verdict.logHold);
  });

  it('hold by that evidence alone: a later step that has shown the parity of every check waits for it to fade', () => {
    const refusing = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { clientErrors: 8 }) });
    const second = { step: weightStep({ index: 1, position: 'middle', splitEpoch: 2 }) };
    const recovered = (startedAt: number) => blockOf({ startedAt, splitEpoch: 2 });
    const next = (state: JudgeState) =>
      lookRepeatedly(policy, state, { from: 60_000, count: 90 }, recovered, second).verdict;
    const calm = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, healthy);
    expect(next(calm.state).name).toBe('at-parity');
    const burst = lookRepeatedly(policy, after(10).state, { from: 10_000, count: 50 }, refusing);
    const verdict = next(burst.state);
    for (const { check, logParity, logParityThreshold } of verdict.findings) {
      expect(logParity ?? 0, check).toBeGreaterThanOrEqual(logParityThreshold ?? 0);
    }
    expect(verdict).toMatchObject({ name: 'undecided', worst: 'clientErrors' });
    expect(verdict.reason).toBe(
      '4xx answers were more than 50 % + 1 pp above the stable earlier in this rollout, which still holds the canary',
    );
  });
});

describe('dispersion', () => {
  const even = Array.from({ length: GROUPS }, () => 45);
  const grouped = (errors: readonly number[]) => (startedAt: number) =>
    blockOf({
      startedAt,
      stable: { ...tallyOf(900, { errors: 20 }), groups: { requests: even, errors } },
      canary: tallyOf(100, { errors: 6 }),
    });
  const independent = grouped(even.map(() => 1));
  const clumped = grouped(even.map((_, group) => (group === 7 ? 20 : 0)));
  const harmAfter = (blocks: (startedAt: number) => ReturnType<typeof blockOf>, initial: number) => {
    const tempered = judgePolicy({ judge: { block: '1s', warmUp: '0s', dispersion: { initial } } });
    return lookRepeatedly(tempered, openJudgement(tempered), { from: 0, count: 2 }, blocks).verdict;
  };

  it('divides the evidence of errors by two until the stable is known in groups', () => {
    const plain = findingOf(harmAfter(independent, 1), 'errors');
    const tempered = findingOf(harmAfter(independent, 2), 'errors');
    expect([plain.dispersion, tempered.dispersion]).toEqual([1, 2]);
    expect(tempered.logHarm).toBeLessThan(plain.logHarm);
  });

  it('is learnt from ten minutes of groups, and 1 where the source has none', () => {
    const known = (blocks: (startedAt: number) => ReturnType<typeof blockOf>) => {
      const internal = { step: weightStep({ kind: 'internal' }) };
      const only = (startedAt: number) => ({ ...blocks(startedAt), canary: null, canaryBps: 0, durationMs: 60_000 });
      const { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 10 }, only, internal);
      return findingOf(look(policy, state, inputOf([])).verdict, 'errors').dispersion;
    };
    expect(known(independent)).toBe(1);
    expect(known(clumped)).toBeGreaterThan(15);
    expect(findingOf(after(3).verdict, 'errors').dispersion).toBe(1);
  });
});

describe('a further attempt of the same version', () => {
  it('halves beta each time', () => {
    const parityAt = (attempt?: number) =>
      thresholdsOf(policy, weightStep(attempt === undefined ? {} : { attempt })).parity;
    expect(parityAt()).toBe(parityAt(1));
    expect(Math.exp(-parityAt(3))).toBeCloseTo(Math.exp(-parityAt(1)) / 4, 12);
  });
});

describe('every finding', () => {
  it('carries both figures with confidence sequences that hold them', () => {
    const { verdict } = after(40);
    for (const { canary, stable, bounds, check } of verdict.findings) {
      expect(canary, check).not.toBeNull();
      for (const [figure, interval] of [
        [canary, bounds.canary],
        [stable, bounds.stable],
      ] as const) {
        expect(interval?.low, check).toBeLessThanOrEqual(figure ?? 0);
        expect(interval?.high ?? Number.POSITIVE_INFINITY, check).toBeGreaterThanOrEqual(figure ?? 0);
      }
    }
  });
});

describe('a state of an older format', () => {
  it('is not read: the evidence starts from nothing, and says so', () => {
    const old = { ...after(90).state, format: 1 } as unknown as JudgeState;
    expect(look(policy, old, inputOf([])).verdict.reason).toBe(`nothing has been measured yet; ${BEGUN_ANEW}`);
  });
});
