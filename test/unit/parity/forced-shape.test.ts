import { describe, expect, it } from 'vitest';
import { look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import { addShapes, type PlaceShape, type ShapeCounts } from '../../../src/stats/answers/shape-counts.ts';
import type { Block } from '../../../src/stats/block.ts';
import { blockOf, inputOf, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

type Terms = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['responseShape']>;

const PLACE = 'GET /orders/{id} 2xx';
const REFUSED = 'GET /orders/{id} 4xx';
const INTERNAL: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
const FACTS = [
  'type application/json',
  'present ',
  'object ',
  'present /id',
  'string /id',
  'present /amount',
  'integer /amount',
  'present /note',
  'string /note',
  'value:PAID /id',
];

/** Answers of which all have these facts; `note` is in half of the stable's. */
function shapeOf(answers: number, changes: Readonly<Record<string, number | null>> = {}): PlaceShape {
  const all = Object.entries({ ...Object.fromEntries(FACTS.map((fact) => [fact, answers])), ...changes });
  return {
    answers,
    facts: Object.fromEntries(all.flatMap(([fact, count]) => (count === null ? [] : [[fact, count]]))),
  };
}

const stableShape = shapeOf(40, { 'present /note': 20, 'string /note': 20 });

/** Twenty forced requests in the first of the blocks, and 40 answers of the stable in each. */
function said(forced: ShapeCounts, terms: Terms = {}, more: { blocks?: number; stable?: ShapeCounts } = {}) {
  const policy = judgePolicy({ checks: { responseShape: terms } });
  const { blocks = 3, stable = { [PLACE]: stableShape } } = more;
  const all = Array.from({ length: blocks }, (_, index): Block => {
    const canary = index === 0 ? { ...tallyOf(20), shapes: forced } : tallyOf(0);
    return blockOf({
      startedAt: index * 5_000,
      durationMs: 5_000,
      canaryBps: 0,
      stable: { ...tallyOf(400), shapes: stable },
      forced: { stable: tallyOf(0), canary },
    });
  });
  const { verdict } = look(policy, openJudgement(policy), inputOf(all, { step: INTERNAL }));
  return verdict.reservations ?? [];
}

const partly = shapeOf(20, { 'present /amount': 5, 'integer /amount': 5 });
const lacking = { [PLACE]: shapeOf(20, { 'present /amount': null, 'integer /amount': null }) };

describe('forced answers beside those of the stable', () => {
  it('hold where they lack what the stable always has, and name it', () => {
    expect(said(lacking)).toEqual([
      {
        kind: 'holds',
        check: 'responseShape',
        reason:
          `forced answers differ from the stable's in ${PLACE}: /amount is gone (0 of 20 answers against 120 of 120); ` +
          'if the tests ask only for a rare kind of answer, have them also ask for one that has /amount',
        differences: [
          {
            kind: 'removed',
            effect: 'breaking',
            place: PLACE,
            path: '/amount',
            to: null,
            canary: { count: 0, of: 20, bounds: { low: 0, high: expect.closeTo(0.224, 3) } },
            stable: { count: 120, of: 120, bounds: { low: expect.closeTo(0.95, 1), high: 1 } },
            logHarm: expect.any(Number),
            firstSeen: 5_000,
            sighting: `${PLACE} present /amount`,
            says: '/amount is gone (0 of 20 answers against 120 of 120)',
          },
        ],
      },
    ]);
  });

  it('do as the policy says of what is breaking', () => {
    expect(said(lacking, { breaking: 'rollback' })).toMatchObject([{ kind: 'refuses' }]);
    expect(said(lacking, { breaking: 'report' })).toMatchObject([{ kind: 'tells' }]);
    expect(said(lacking, { dryRun: true })).toMatchObject([{ kind: 'tells', differences: [{ path: '/amount' }] }]);
    expect(said(lacking, { ignore: ['/amount'] })).toMatchObject([{ kind: 'tells' }]);
    expect(said(lacking, { expect: [{ removed: '/amount' }] })).toMatchObject([
      { kind: 'tells', reason: "shape of answers: 20 forced answers as the stable's are there" },
    ]);
  });

  it('name what was renamed, and what has another type', () => {
    const renamed = { [PLACE]: shapeOf(20, { ...NONE, 'present /total': 20, 'integer /total': 20 }) };
    expect(said(renamed)[0]?.reason).toContain('/amount is gone and /total came, probably renamed');
    expect(said(renamed, { expect: [{ renamed: '/amount -> /total' }] })).toMatchObject([{ kind: 'tells' }]);
    const retyped = { [PLACE]: shapeOf(20, { 'integer /amount': null, 'string /amount': 20 }) };
    expect(said(retyped)[0]?.reason).toContain('/amount is a string (20 of 20 answers against 0 of 120)');
    expect(said(renamed)).toMatchObject([{ kind: 'holds' }]);
    expect(said(retyped)).toMatchObject([{ kind: 'holds' }]);
  });

  it.each<[string, ShapeCounts, ShapeCounts, string]>([
    [
      'is null in what tests asked for',
      { [PLACE]: shapeOf(20, { 'integer /amount': null, 'null /amount': 20 }) },
      { [PLACE]: stableShape },
      '/amount is null (20 of 20 answers against 0 of 120)',
    ],
    [
      'is set, and is null in the answers of the stable',
      { [PLACE]: shapeOf(20) },
      { [PLACE]: shapeOf(40, { 'integer /amount': null, 'null /amount': 40 }) },
      '/amount is an integer',
    ],
    [
      'has a fraction',
      { [PLACE]: shapeOf(20, { 'integer /amount': null, 'number /amount': 20 }) },
      { [PLACE]: stableShape },
      '/amount is a number',
    ],
    ['is in some of the forced answers', { [PLACE]: partly }, { [PLACE]: stableShape }, '/amount is missing'],
    [
      'is a header',
      { [PLACE]: shapeOf(20) },
      { [PLACE]: { ...stableShape, facts: { ...stableShape.facts, 'header x-total': 40 } } },
      'header x-total is gone',
    ],
    [
      'is another type of content',
      { [PLACE]: shapeOf(20, { 'type application/json': null, 'type text/json': 20 }) },
      { [PLACE]: stableShape },
      'the type is text/json',
    ],
    [
      'is in answers that are not 2xx',
      { [REFUSED]: shapeOf(20, { 'present /amount': null, 'integer /amount': null }) },
      { [REFUSED]: stableShape },
      '/amount is gone',
    ],
  ])('are told, and keep nobody, where what differs %s', (_, forced, stable, says) => {
    expect(said(forced, { breaking: 'rollback' }, { stable })).toMatchObject([
      { kind: 'tells', reason: expect.stringContaining(says) },
    ]);
  });

  it('are not missed what the stable lacks in more than a hundredth, or in fewer than 100 answers', () => {
    const stable = { [PLACE]: shapeOf(40, { 'present /amount': 39, 'integer /amount': 39 }) };
    expect(said(lacking, {}, { stable })).toMatchObject([{ kind: 'tells' }]);
    expect(said(lacking, {}, { blocks: 2 })).toMatchObject([{ kind: 'waits' }]);
  });

  it('say apart what too few of them were asked for', () => {
    const stable = { [PLACE]: stableShape, 'GET /carts 2xx': shapeOf(40) };
    const few = shapeOf(5, { 'present /amount': null, 'integer /amount': null });
    expect(said({ [PLACE]: shapeOf(20), 'GET /carts 2xx': few }, {}, { stable })[0]?.reason).toBe(
      "shape of answers: 20 forced answers as the stable's are there; 5 more at places with too few of them to tell",
    );
    expect(said({ [PLACE]: few }, {}, { stable })[0]?.reason).toBe(
      'shape of answers: 5 forced answers at places with too few of them to tell, so nothing was compared',
    );
    const six = shapeOf(6, { 'present /amount': null, 'integer /amount': null });
    expect(said({ [PLACE]: six }, {}, { stable })).toMatchObject([{ kind: 'holds' }]);
  });

  it('are let pass where they only say other words, or lack what the stable lacks at times', () => {
    const others = shapeOf(20, {
      'value:PAID /id': null,
      'value:TEST /id': 20,
      'present /note': null,
      'string /note': null,
    });
    expect(said({ [PLACE]: others })).toMatchObject([{ kind: 'tells' }]);
    const few = { [PLACE]: shapeOf(20, { 'present /amount': 17, 'integer /amount': 17 }) };
    expect(said(few)).toMatchObject([{ kind: 'tells' }]);
  });

  it('are not said to be as the stable is where what is gone might not show', () => {
    const whole = { [PLACE]: { ...shapeOf(20), cut: 12 } };
    expect(said(whole)).toMatchObject([
      {
        kind: 'holds',
        reason:
          `shape of answers: 20 forced answers cannot be compared: answers at ${PLACE} have more in them than is compared, so that ` +
          'what is gone there might not show; name in `ignore` what clients choose themselves, such as /data/**',
      },
    ]);
    expect(said(whole, { breaking: 'report' })).toMatchObject([{ kind: 'tells' }]);
    const stable = { [PLACE]: { ...stableShape, cut: 20, short: 10 } };
    expect(said({ [PLACE]: shapeOf(20) }, {}, { stable })).toMatchObject([{ kind: 'holds' }]);
    expect(said({ [PLACE]: { ...shapeOf(20), cut: 1 } })).toMatchObject([{ kind: 'tells' }]);
  });

  it('count as if they had it where they were cut, and no further', () => {
    const lost = { 'present /amount': null, 'integer /amount': null };
    expect(said({ [PLACE]: { ...shapeOf(20, lost), cut: 1 } })[0]?.reason).toContain('/amount is gone');
    expect(said({ [PLACE]: { ...shapeOf(20, lost), cut: 20 } })[0]?.reason).not.toContain('gone (');
  });

  it('forget what is not counted any more', () => {
    const more = { ...stableShape, facts: { ...stableShape.facts, 'present /k': 40, 'integer /k': 40 } };
    const forcedOnes = { [PLACE]: shapeOf(20) };
    expect(said(forcedOnes, {}, { stable: { [PLACE]: more } })[0]?.reason).toContain('/k is gone');
    const gone = { ...more, gone: ['present /k', 'integer /k'] };
    expect(said(forcedOnes, {}, { stable: { [PLACE]: gone } })).toMatchObject([{ kind: 'tells' }]);
  });

  it('are told where something was added', () => {
    const added = { [PLACE]: shapeOf(20, { 'present /extra': 20, 'string /extra': 20 }) };
    expect(said(added)).toMatchObject([
      { kind: 'tells', reason: expect.stringContaining('/extra is there, which it was not') },
    ]);
  });

  it('wait a minute for the stable where it is not known, and then say so', () => {
    const elsewhere = { 'GET /carts 2xx': shapeOf(20) };
    expect(said(elsewhere)).toMatchObject([
      { kind: 'waits', reason: expect.stringContaining('20 of places of which') },
    ]);
    expect(said(elsewhere, {}, { blocks: 14 })).toMatchObject([
      { kind: 'tells', reason: expect.stringMatching(/are not known, so nothing was compared$/) },
    ]);
    expect(said({}, {}, { stable: {} })).toEqual([
      { kind: 'tells', check: 'responseShape', reason: 'shape of answers: no forced answer was read so far' },
    ]);
  });
});

describe('tests that ask only for a variant that the stable seldom answers', () => {
  const SEARCH = 'GET /search 2xx';
  const every = (answers: number, facts: readonly string[]): PlaceShape => ({
    answers,
    facts: Object.fromEntries(facts.map((fact) => [fact, answers])),
  });
  const HEAD = ['type application/json', 'present ', 'object '];
  const PRODUCT = ['present /type', 'string /type', 'value:product /type', 'present /price', 'number /price'];
  const ARTICLE = ['present /type', 'string /type', 'value:article /type', 'present /author', 'string /author'];
  const product = every(397, [...HEAD, ...PRODUCT]);
  const article = every(3, [...HEAD, ...ARTICLE]);
  /** Three articles in 400 answers. */
  const mixed = (rare: PlaceShape = article) => ({
    [SEARCH]: addShapes({ [SEARCH]: product }, { [SEARCH]: rare })[SEARCH] ?? rare,
  });
  const forced = (facts: readonly string[]) => ({ [SEARCH]: every(20, [...HEAD, ...facts]) });

  it('keep nobody where the stable lacks it in as few answers as it has of the variant, and are told', () => {
    expect(said(forced(ARTICLE), {}, { stable: mixed() })).toMatchObject([
      {
        kind: 'tells',
        reason: expect.stringContaining('/price is gone (0 of 20 answers against 1,191 of 1,200)'),
        differences: [
          { path: '/price', effect: 'compatible' },
          { path: '/author', kind: 'added' },
        ],
      },
    ]);
  });

  it('keep nobody where the variant has another type there', () => {
    const free = every(3, [...HEAD, 'present /type', 'value:gift /type', 'present /price', 'string /price']);
    const gifts = forced(['present /type', 'value:gift /type', 'present /price', 'string /price']);
    expect(said(gifts, {}, { stable: mixed(free) })).toMatchObject([{ kind: 'tells' }]);
    const other = forced(['present /type', 'value:product /type', 'present /price', 'string /price']);
    expect(said(other, {}, { stable: mixed(free) })).toMatchObject([{ kind: 'holds' }]);
  });

  it('hold where the stable has what is gone in that variant, too', () => {
    const lost = forced(ARTICLE.filter((fact) => !fact.endsWith(' /type')));
    expect(said(lost, {}, { stable: mixed() })[0]).toMatchObject({
      kind: 'holds',
      reason: expect.stringContaining('/type is gone'),
    });
    const priced = every(3, [...HEAD, ...ARTICLE, 'present /price', 'number /price']);
    expect(said(forced(ARTICLE), {}, { stable: mixed(priced) })).toMatchObject([{ kind: 'holds' }]);
  });

  it('hold where the canary lacks it in usual answers, however seldom some variant is', () => {
    const usual = forced(PRODUCT.filter((fact) => !fact.endsWith(' /price')));
    expect(said(usual, {}, { stable: mixed() })).toMatchObject([{ kind: 'holds' }]);
  });

  it('hold where what they all have beside it is in many answers of the stable', () => {
    const whole = every(200, [...HEAD, 'present /order', 'object /order', 'present /order/sum', 'integer /order/sum']);
    const noted = every(200, [...HEAD, 'present /note', 'string /note']);
    const stable = { [SEARCH]: addShapes({ [SEARCH]: whole }, { [SEARCH]: noted })[SEARCH] ?? whole };
    const both = forced(['present /order', 'object /order', 'present /note', 'string /note']);
    expect(said(both, {}, { stable })).toMatchObject([
      { kind: 'holds', reason: expect.stringContaining('/order/sum is gone') },
    ]);
  });

  it('hold where the stable was not asked for the variant so far, and say what a person can do', () => {
    const stable = { [SEARCH]: every(400, [...HEAD, ...PRODUCT]) };
    const [held] = said(forced(ARTICLE), {}, { stable });
    expect(held).toMatchObject({ kind: 'holds' });
    expect(held?.reason).toMatch(
      /; if the tests ask only for a rare kind of answer, have them also ask for one that has \/price$/,
    );
    const asked = addShapes(forced(ARTICLE), { [SEARCH]: every(1, [...HEAD, ...PRODUCT]) });
    expect(said(asked, {}, { stable })).toMatchObject([{ kind: 'tells' }]);
  });
});

const NONE = { 'present /amount': null, 'integer /amount': null } as const;
