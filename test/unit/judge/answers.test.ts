import { describe, expect, it } from 'vitest';
import { type Look, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import type { AnswerPairs, FieldPairs } from '../../../src/stats/answers/answer-pairs.ts';
import type { Block } from '../../../src/stats/block.ts';
import { blockOf, inputOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';

const ORDERS = 'GET /orders/{id} 2xx';
const INTERNAL: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
const always = { differs: 5, noise: 0, both: 0 };
const timestamp = { differs: 5, noise: 5, both: 5 };

type Answers = Exclude<NonNullable<Parameters<typeof judgePolicy>[0]>['checks'], undefined>['answers'];

function policyWith(answers: Answers): Policy {
  return judgePolicy({ checks: { answers } });
}

/** Five requests, a timestamp in each answer. */
function pairsOf(fields: Readonly<Record<string, FieldPairs>>): AnswerPairs {
  const named = Object.entries({ '/at': timestamp, ...fields }).map(([path, counts]) => [`${ORDERS} ${path}`, counts]);
  return { compared: 5, unusable: 0, places: { [ORDERS]: 5 }, fields: Object.fromEntries(named) };
}

/** Nothing but mirrored requests. */
const mirrored = (fields: Readonly<Record<string, FieldPairs>>) => (startedAt: number) =>
  blockOf({ startedAt, canaryBps: 0, canary: NO_TALLY, pairs: pairsOf(fields) });

function judged(policy: Policy, count: number, make: (at: number) => Block, step = INTERNAL, parts = {}): Look {
  const blocks = Array.from({ length: count }, (_, index) => make(index * 1_000));
  return look(policy, openJudgement(policy), inputOf(blocks, { step, ...parts }));
}

describe('answers in the internal phase', () => {
  it('are waited for, and passed once enough of them were alike', () => {
    const { verdict } = judged(policyWith({}), 3, mirrored({}));
    expect(verdict.reservations).toEqual([
      { kind: 'waits', check: 'answers', reason: 'answers: 15 of 20 mirrored requests compared' },
    ]);
    expect(verdict.reason).toBe('answers: 15 of 20 mirrored requests compared');
    expect(judged(policyWith({}), 4, mirrored({})).verdict.reservations).toEqual([
      { kind: 'tells', check: 'answers', reason: 'answers: 20 requests compared, no field differs by the version' },
    ]);
  });

  const many =
    (of: number, fields: Readonly<Record<string, FieldPairs>>, place = ORDERS) =>
    (startedAt: number) => {
      const named = Object.entries(fields).map(([path, counts]) => [`${place} ${path}`, counts]);
      const pairs = { compared: of, unusable: 0, places: { [place]: of }, fields: Object.fromEntries(named) };
      return blockOf({ startedAt, canaryBps: 0, canary: NO_TALLY, pairs });
    };

  it('are waited for as long as a field may differ, however many came at once', () => {
    const all = many(50, { '/total': { differs: 50, noise: 0, both: 0 } });
    // The block in which a field is learnt of proves nothing.
    expect(judged(policyWith({}), 1, all).verdict.reservations).toEqual([
      {
        kind: 'waits',
        check: 'answers',
        reason:
          'answers: more requests are needed to tell whether the versions differ: /total in GET /orders/{id} 2xx differed in ' +
          "50 of 50 requests, the stable's own answers in none",
      },
    ]);
    const half = many(10, { '/total': { differs: 5, noise: 0, both: 0 }, '/id': { differs: 5, noise: 1, both: 1 } });
    const { verdict } = judged(policyWith({}), 2, half);
    expect(verdict.reservations?.[0]).toMatchObject({
      kind: 'waits',
      reason: expect.stringMatching(/ 10 of 20 requests, the stable's own answers in none, and 1 more field like it$/),
    });
    expect(judged(policyWith({}), 12, half).verdict.reservations?.[0]?.kind).toBe('holds');
  });

  it('are not waited for where a field differs by chance, is meant, ignored or only told, or its place is rare', () => {
    const kindOf = (answers: Answers, blocks: number, make: (at: number) => Block) =>
      judged(policyWith(answers), blocks, make).verdict.reservations?.[0]?.kind;
    const once = (startedAt: number) =>
      many(10, startedAt === 0 ? { '/id': { differs: 1, noise: 0, both: 0 } } : {})(startedAt);
    expect(kindOf({}, 2, once)).toBe('waits');
    expect(kindOf({}, 3, once)).toBe('tells');
    const all = many(50, { '/total': { differs: 50, noise: 0, both: 0 } });
    expect(kindOf({ expect: [{ changed: '/total' }] }, 1, all)).toBe('tells');
    expect(kindOf({ ignore: ['/total'] }, 1, all)).toBe('tells');
    expect(kindOf({ differences: 'report' }, 1, all)).toBe('tells');
    const rare = many(1, { '/id': { differs: 1, noise: 0, both: 0 } }, 'GET /rare 2xx');
    const rareOnce = (startedAt: number) => (startedAt === 0 ? rare : many(20, {}))(startedAt);
    expect(kindOf({}, 9, rareOnce)).toBe('waits');
    expect(kindOf({}, 12, rareOnce)).toBe('tells');
  });

  it('hold the canary where a field differs, and name it', () => {
    const { verdict } = judged(policyWith({}), 4, mirrored({ '/total': always }));
    expect(verdict).toMatchObject({
      name: 'undecided',
      worst: 'answers',
      hold: { cause: 'worse:answers' },
      reason:
        'canary differs in GET /orders/{id} 2xx: /total has another value in all of 20 requests, ' +
        "the stable's own answers in none: this holds the canary",
    });
    expect(verdict.findings.find(({ check }) => check === 'answers')?.differences).toMatchObject([
      { kind: 'other-value', effect: 'breaking', place: ORDERS, path: '/total', firstSeen: 1_000 },
    ]);
  });

  it('never blame the canary where differences hold', () => {
    const { verdict } = judged(policyWith({}), 60, mirrored({ '/total': always }));
    expect(verdict).toMatchObject({ name: 'undecided', logEvidence: expect.closeTo(0, 12) as unknown });
  });

  it('take it back where differences roll back, whatever else was seen', () => {
    const { verdict } = judged(policyWith({ differences: 'rollback' }), 12, mirrored({ '/total': always }));
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'answers' });
    expect(verdict.reason).toMatch(/^canary differs in GET .*; odds of a false alarm < 1 in 1,000$/);
  });

  it('only tell where the policy says so, or where a field was added', () => {
    const told = judged(policyWith({ differences: 'report' }), 12, mirrored({ '/total': always })).verdict;
    expect(told.reservations).toMatchObject([
      { kind: 'tells', reason: expect.stringContaining('/total has another value in all') },
    ]);
    const added = judged(policyWith({}), 12, mirrored({ '/new': { ...always, added: 5 } })).verdict;
    expect(added.reservations).toMatchObject([
      { kind: 'tells', reason: expect.stringContaining('/new is new in all of 60') },
    ]);
    expect(added.hold).toBeUndefined();
  });

  it('say nothing where the policy does not ask, or the check is skipped', () => {
    expect(judged(judgePolicy(), 12, mirrored({ '/total': always })).verdict.reservations).toBeUndefined();
    const skipped = judged(policyWith({}), 12, mirrored({ '/total': always }), INTERNAL, {
      skippedChecks: ['answers'],
    });
    expect(skipped.verdict.reservations).toBeUndefined();
    const ignored = policyWith({ ignore: ['/total', '/items/*/score'] });
    const fields = { '/total': always, '/items/*/score': always, '/items/0/score/raw': always };
    expect(judged(ignored, 12, mirrored(fields)).verdict.reservations).toMatchObject([{ kind: 'tells' }]);
  });
});

describe('answers that are meant to differ', () => {
  const gone = { ...always, removed: 5 };
  const came = { ...always, added: 5 };
  const renaming = mirrored({ '/amount': gone, '/total': came });

  it('are told, and hold nobody', () => {
    const policy = policyWith({ differences: 'rollback', expect: [{ renamed: '/amount -> /total' }] });
    const { verdict } = judged(policy, 60, renaming);
    expect(verdict).toMatchObject({ name: 'undecided', reservations: [{ kind: 'tells' }] });
    expect(verdict.findings.find(({ check }) => check === 'answers')?.differences).toMatchObject([
      { path: '/amount', effect: 'compatible', says: expect.stringMatching(/, which is expected$/) },
      { path: '/total', effect: 'compatible' },
    ]);
  });

  it('hold where something else comes of them, or elsewhere', () => {
    const kindOf = (expect: NonNullable<NonNullable<Answers>['expect']>, of = renaming) =>
      judged(policyWith({ expect }), 12, of).verdict.reservations?.[0]?.kind;
    expect(kindOf([{ removed: '/amount' }, { added: '/total' }])).toBe('tells');
    expect(kindOf([{ changed: '/amount' }])).toBe('holds');
    expect(kindOf([{ removed: '/amount', endpoint: 'GET /orders/{id}' }])).toBe('tells');
    expect(kindOf([{ removed: '/amount', endpoint: 'GET /orders' }])).toBe('holds');
    expect(kindOf([{ changed: '/items/*' }], mirrored({ '/items/*/price': always }))).toBe('tells');
    expect(kindOf([{ changed: 'header etag' }], mirrored({ 'header etag': always }))).toBe('tells');
    expect(kindOf([{ removed: '/items' }], mirrored({ '/items': always }))).toBe('holds');
  });
});

describe('answers in a step', () => {
  const inStep = (fields: Readonly<Record<string, FieldPairs>>) => (startedAt: number) =>
    blockOf({ startedAt, pairs: pairsOf(fields) });
  const step = weightStep();

  it('hold the canary, and roll it back where the policy says so', () => {
    const held = judged(policyWith({}), 12, inStep({ '/total': always }), step).verdict;
    expect(held).toMatchObject({ hold: { cause: 'worse:answers' } });
    expect(held.reason).toMatch(/none: this holds the canary$/);
    const harmful = judged(policyWith({ differences: 'rollback' }), 12, inStep({ '/total': always }), step).verdict;
    expect(harmful).toMatchObject({ name: 'harmful', worst: 'answers' });
  });

  it('go on from what the internal phase has seen', () => {
    const policy = policyWith({});
    const { state } = judged(policy, 3, mirrored({ '/total': always }));
    const next = look(
      policy,
      state,
      inputOf([{ ...inStep({})(9_000), splitEpoch: 2 }], { step: { ...step, splitEpoch: 2 } }),
    );
    expect(next.verdict.findings.find(({ check }) => check === 'answers')).toMatchObject({
      requests: { canary: 20, stable: 20 },
    });
  });
});

describe('the list of differences', () => {
  const differences = (fields: Readonly<Record<string, FieldPairs>>) =>
    judged(policyWith({}), 12, mirrored(fields)).verdict.findings.find(({ check }) => check === 'answers')?.differences;

  it('has one entry for what was lost as a whole', () => {
    const gone = { ...always, removed: 5 };
    expect(differences({ '/customer': gone, '/customer/name': gone, '/customers': always })).toMatchObject([
      {
        path: '/customer',
        kind: 'removed',
        says: "/customer is missing in all of 60 requests, the stable's own answers in none",
      },
      { path: '/customers', kind: 'other-value' },
    ]);
  });

  it('has the status alone where it differs', () => {
    expect(differences({ status: always, '/total': always, '/id': { ...always, retyped: 5 } })).toMatchObject([
      { path: 'status', kind: 'other-value' },
    ]);
  });

  it('tells another type, of a field and of the whole', () => {
    expect(differences({ '/id': { ...always, retyped: 4 } })).toMatchObject([{ path: '/id', kind: 'retyped' }]);
    expect(differences({ type: always })).toMatchObject([{ path: 'type', kind: 'other-type' }]);
  });
});
