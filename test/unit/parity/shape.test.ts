import { describe, expect, it } from 'vitest';
import { budgetOf } from '../../../src/judge/budget.ts';
import { type Look, look, openJudgement } from '../../../src/judge/judge.ts';
import type { Finding } from '../../../src/parity/finding.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import { type Policy, policySchema } from '../../../src/policy/schema.ts';
import type { PlaceShape } from '../../../src/stats/answers/shape-counts.ts';
import type { Block } from '../../../src/stats/block.ts';
import { blockOf, inputOf, tallyOf } from '../../support/judge-blocks.ts';

type Declared = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['responseShape']>;

const PLACE = 'GET /orders/{id} 2xx';

function policyOf(responseShape: Declared | undefined): Policy {
  return policySchema.parse({
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name: 'shapes' },
    spec: {
      steps: [{ weight: '10%', dwell: '10m' }],
      checks: responseShape === undefined ? {} : { responseShape },
      judge: { block: '15s', warmUp: '0s' },
    },
  });
}

/** Answers of an order, all of which have these facts, with some replaced; null takes one out. */
function answersOf(answers: number, changes: Readonly<Record<string, number | null>> = {}): PlaceShape {
  const usual = [
    'type application/json',
    'header x-total',
    'present ',
    'object ',
    'present /id',
    'string /id',
    'format:uuid /id',
  ];
  const fields = [
    'present /amount',
    'integer /amount',
    'decade:1 /amount',
    'present /status',
    'string /status',
    'value:PAID /status',
  ];
  const items = [
    'present /items',
    'array /items',
    'present /items/*',
    'object /items/*',
    'present /items/*/sku',
    'string /items/*/sku',
  ];
  const all = [...usual, ...fields, ...items].map((fact): [string, number | null] => [fact, answers]);
  const facts = Object.entries({ ...Object.fromEntries(all), ...changes });
  return {
    answers,
    facts: Object.fromEntries(facts.flatMap(([fact, count]) => (count === null ? [] : [[fact, count]]))),
  };
}

const STABLE = { ...tallyOf(90), shapes: { [PLACE]: answersOf(1_350) } };

/** Blocks of 15 s at 10 %, in which 150 answers of the canary are read. */
function judge(responseShape: Declared, changes: Readonly<Record<string, number | null>>, blocks = 12): Look {
  const canary = { ...tallyOf(10), shapes: { [PLACE]: answersOf(150, changes) } };
  return judgeBlocks(policyOf(responseShape), { stable: STABLE, canary }, blocks);
}

function judgeBlocks(policy: Policy, tallies: Pick<Block, 'stable' | 'canary'>, blocks: number): Look {
  let seen: Look | null = null;
  for (let block = 0; block < blocks; block += 1) {
    const given = blockOf({ startedAt: block * 15_000, durationMs: 15_000, ...tallies });
    seen = look(policy, seen?.state ?? openJudgement(policy), inputOf([given]));
  }
  if (seen === null) throw new Error('no block');
  return seen;
}

function findingIn({ verdict }: Look): Finding {
  const [finding] = verdict.findings.filter(({ check }) => check === 'responseShape');
  if (finding === undefined) throw new Error('no finding');
  return finding;
}

const without = (path: string) =>
  Object.fromEntries(
    Object.keys(answersOf(1).facts).flatMap((fact) => (fact.endsWith(` ${path}`) ? [[fact, null]] : [])),
  );

describe('the shape of answers', () => {
  it('holds where many answers have more in them than is compared, and says what to do', () => {
    const short = (shape: PlaceShape, share: number) => ({
      ...shape,
      cut: shape.answers,
      short: shape.answers * share,
    });
    const of = (share: number, breaking: Declared['breaking'] = 'hold') => {
      const stable = { ...tallyOf(90), shapes: { [PLACE]: short(answersOf(1_350), share) } };
      const canary = { ...tallyOf(10), shapes: { [PLACE]: answersOf(150) } };
      return judgeBlocks(policyOf({ breaking }), { stable, canary }, 12).verdict;
    };
    const said = 'have more in them than is compared';
    expect(of(0.2).hold).toMatchObject({ cause: 'worse:responseShape' });
    expect(of(0.2).reason).toContain(said);
    expect(of(0.2, 'report').hold).toBeUndefined();
    expect(of(0.02).hold).toBeUndefined();
    expect(of(0.02).reason).not.toContain(said);
  });

  it('holds a canary whose answers lack a field, and names it once', () => {
    const held = judge({}, without('/amount'));
    const { verdict } = held;
    expect(verdict).toMatchObject({ name: 'undecided', hold: { check: 'responseShape' } });
    expect(verdict.reason).toMatch(
      /^canary differs in GET \/orders\/\{id\} 2xx: \/amount is gone \(0 of 1,[\d]{3} answers against [\d,]+ of [\d,]+\), which holds it/,
    );
    const { differences = [] } = findingIn(held);
    expect(differences).toMatchObject([
      {
        kind: 'removed',
        effect: 'breaking',
        place: PLACE,
        path: '/amount',
        firstSeen: 60_000,
        sighting: `${PLACE} present /amount`,
      },
    ]);
    expect(differences[0]?.canary.bounds?.high).toBeLessThan(0.01);
  });

  it('rolls back where the policy says so, within its share of the budget', () => {
    const { verdict } = judge({ breaking: 'rollback' }, without('/amount'));
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'responseShape' });
    expect(verdict.reason).toMatch(
      /^canary differs in GET .*: \/amount is gone .*; odds of a false alarm < 1 in 1,000$/,
    );
    expect(budgetOf(policyOf({ breaking: 'rollback', weight: 0.2 }), 'responseShape')).toBe(0.2);
    expect(budgetOf(policyOf({ breaking: 'hold' }), 'responseShape')).toBe(0);
    expect(budgetOf(policyOf({ breaking: 'rollback', dryRun: true }), 'responseShape')).toBe(0);
  });

  it('only reports where the policy says so, and costs nothing where it does not ask', () => {
    const reported = judge({ breaking: 'report' }, without('/amount'));
    expect(reported.verdict.reason).not.toContain('/amount');
    expect(findingIn(reported)).toMatchObject({ dryRun: true });
    const off = judgeBlocks(policyOf(undefined), { stable: STABLE, canary: STABLE }, 4);
    expect(off.state.checks.responseShape).toBeNull();
    expect(off.verdict.findings.map(({ check }) => check)).not.toContain('responseShape');
    expect(JSON.stringify(off.state)).not.toContain('/amount');
  });

  it('keeps what is counted of shapes out of windows and carried blocks', () => {
    const { state } = judge({}, {}, 4);
    const { checks, ...rest } = state;
    expect(JSON.stringify(rest)).not.toContain('/amount');
    expect(JSON.stringify(checks.responseShape)).toContain('/amount');
  });

  it.each([
    [
      'renamed',
      { ...without('/amount'), 'present /total': 150, 'integer /total': 150, 'decade:1 /total': 150 },
      '/amount',
      '/total',
      '/amount is gone and /total came, probably renamed',
    ],
    [
      'retyped',
      { 'integer /amount': null, 'decade:1 /amount': null, 'string /amount': 150 },
      '/amount',
      'string',
      '/amount is a string',
    ],
    [
      'nullable',
      { 'integer /amount': 75, 'decade:1 /amount': 75, 'null /amount': 75 },
      '/amount',
      'null',
      '/amount is null',
    ],
    [
      'optional',
      { 'present /amount': 75, 'integer /amount': 75, 'decade:1 /amount': 75 },
      '/amount',
      null,
      '/amount is missing',
    ],
    ['optional', { 'absent /items/*/sku': 90 }, '/items/*/sku', null, 'some items lack /items/*/sku'],
    [
      'optional',
      {
        'empty /items': 90,
        'present /items/*': 60,
        'object /items/*': 60,
        'present /items/*/sku': 60,
        'string /items/*/sku': 60,
      },
      '/items',
      null,
      '/items is empty',
    ],
    [
      'new-value',
      { 'value:PAID /status': 90, 'value:REFUNDED /status': 60 },
      '/status',
      'REFUNDED',
      '/status says REFUNDED, which the stable does not',
    ],
    ['reformatted', { 'format:uuid /id': null, 'format:uri /id': 150 }, '/id', 'uri', '/id is no uuid but uri'],
    [
      'other-type',
      {
        ...Object.fromEntries(Object.keys(answersOf(1).facts).map((fact) => [fact, null])),
        'type text/html': 150,
        'header x-total': 150,
      },
      'content-type',
      'text/html',
      'the type is text/html',
    ],
    ['removed', { 'header x-total': null }, 'header x-total', null, 'header x-total is gone'],
  ] as const)('says that something is %s', (kind, changes, path, to, says) => {
    const { differences = [] } = findingIn(judge({}, changes));
    expect(differences.map((one) => [one.kind, one.effect, one.path, one.to])).toEqual([[kind, 'breaking', path, to]]);
    expect(differences[0]?.says.startsWith(says)).toBe(true);
  });

  it.each([
    [
      'other-value',
      { 'value:PAID /status': null, 'value:SETTLED /status': 150 },
      '/status',
      '/status says SETTLED more often (',
    ],
    ['added', { 'present /new': 150, 'string /new': 150 }, '/new', '/new is there, which it was not'],
    [
      'wider',
      { 'decade:1 /amount': 75, 'decade:4 /amount': 75 },
      '/amount',
      '/amount has numbers from 10,000 up to 100,000 more often',
    ],
  ] as const)('tells that something is %s, which breaks nobody', (kind, changes, path, says) => {
    const seen = judge({}, changes);
    const { differences = [] } = findingIn(seen);
    expect(differences.map((one) => [one.kind, one.effect, one.path])).toEqual([[kind, 'compatible', path]]);
    expect(differences[0]?.says.startsWith(says)).toBe(true);
    expect(seen.verdict.hold).toBeUndefined();
    expect(judge({ compatible: 'hold' }, changes).verdict.hold).toMatchObject({ check: 'responseShape' });
  });

  it('leaves out what is ignored, by any part of a path and below', () => {
    for (const ignore of ['/amount', '/*', '/**']) {
      expect(findingIn(judge({ ignore: [ignore] }, without('/amount'))).differences).toBeUndefined();
    }
    const sku = { 'absent /items/*/sku': 90 };
    expect(findingIn(judge({ ignore: ['/items/**'] }, sku)).differences).toBeUndefined();
    expect(findingIn(judge({ ignore: ['/items', '/item/**'] }, sku)).differences).toHaveLength(1);
    expect(findingIn(judge({ ignore: ['header x-total'] }, { 'header x-total': null })).differences).toBeUndefined();
  });

  it('expects of consumers what is declared of them, and of nobody else', () => {
    const renamed = { ...without('/amount'), 'present /total': 150, 'integer /total': 150 };
    const ACME = 'GET /orders/{id} for acme 2xx';
    const expected: Declared = { expect: [{ renamed: '/amount -> /total', consumers: ['acme'] }] };
    const of = (place: string, changes: Readonly<Record<string, number | null>>) => {
      const usual = place === ACME ? PLACE : ACME;
      const stable = { ...tallyOf(90), shapes: { [PLACE]: answersOf(1_350), [ACME]: answersOf(1_350) } };
      const canary = { ...tallyOf(10), shapes: { [usual]: answersOf(150), [place]: answersOf(150, changes) } };
      return judgeBlocks(policyOf(expected), { stable, canary }, 12);
    };
    expect(findingIn(of(ACME, renamed)).differences).toMatchObject([
      { kind: 'renamed', effect: 'compatible', says: expect.stringMatching(/, which is expected$/) },
    ]);
    expect(of(ACME, renamed).verdict.hold).toBeUndefined();
    expect(of(PLACE, renamed).verdict.reason).toContain(`${PLACE}: /amount is gone and /total came`);
    // All else of theirs stays compared.
    const lost = of(ACME, { ...renamed, 'present /status': null, 'string /status': null, 'value:PAID /status': null });
    expect(lost.verdict.reason).toContain(`canary differs in ${ACME}: /status is gone`);
    expect(findingIn(of(PLACE, {})).says).toContain('not seen so far: renamed /amount -> /total for acme');
  });

  it('expects what is declared, tells what does not come, and nothing else is excused', () => {
    const renamed = { ...without('/amount'), 'present /total': 150, 'integer /total': 150 };
    const expected: Declared = { breaking: 'rollback', expect: [{ renamed: '/amount -> /total' }] };
    const meant = judge(expected, renamed);
    expect(meant.verdict.hold).toBeUndefined();
    expect(findingIn(meant).says).toMatch(/^shape of answers: no difference so far in 8 paths of 1 place, /);
    const more = judge(expected, { ...renamed, 'header x-total': null });
    expect(findingIn(more).differences?.map(({ path }) => path)).toEqual(['header x-total', '/amount']);
    const gone = judge(expected, without('/amount'));
    expect(findingIn(gone).differences?.map(({ kind, path }) => [kind, path])).toEqual([['removed', '/amount']]);
    expect(findingIn(judge(expected, {})).says).toContain('declared and not seen so far: renamed /amount -> /total');
    const settled = { 'value:PAID /status': null, 'value:SETTLED /status': 150 };
    const said = judge({ compatible: 'hold', expect: [{ newValue: '/status -> SETTLED' }] }, settled);
    expect(said.verdict.hold).toBeUndefined();
    expect(findingIn(said).differences?.every(({ says }) => says.endsWith(', which is expected'))).toBe(true);
    const elsewhere: Declared = { expect: [{ removed: '/amount', endpoint: 'GET /carts/{id}' }] };
    expect(findingIn(judge(elsewhere, without('/amount'))).differences).toHaveLength(1);
  });

  it('says what it was that nothing could be told of', () => {
    expect(findingIn(judge({}, {}, 4)).says).toBe(
      'shape of answers: no difference so far in 7 paths of 1 place, 600 against 5,400 answers',
    );
    const none = judgeBlocks(policyOf({}), { stable: tallyOf(900), canary: tallyOf(100) }, 1);
    expect(findingIn(none).says).toBe(
      'shape of answers: nothing to compare yet, of 900 answers of the stable none was read',
    );
  });
});
