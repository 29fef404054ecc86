import { describe, expect, it } from 'vitest';
import { checkPolicy } from '../../../src/policy/check.ts';
import { formatPath } from '../../../src/policy/fault.ts';
import { type PolicyDocument, policySchema } from '../../../src/policy/schema.ts';

type Spec = Partial<PolicyDocument['spec']>;

function says(spec: Spec): string[] {
  const policy = policySchema.parse({
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name: 'p' },
    spec: { steps: [{ weight: '10%', dwell: '24h' }], ...spec },
  });
  return checkPolicy(policy).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

function steps(...weights: string[]): Spec {
  return { steps: weights.map((weight) => ({ weight, dwell: '24h' })) };
}

const CONSUMERS = { consumers: 'listed', dwell: '14d' } as const;
const WEIGHT = { weight: '10%', dwell: '24h' };
const STABLE: Spec = { consumers: { default: 'stable' } };

describe('weights', () => {
  it.each([
    [steps('1%', '10%', '50%', '99.99%'), []],
    [steps('50%', '10%'), ['spec.steps[1].weight: weight must rise: 10% after 50%']],
    [steps('10%', '10%'), ['spec.steps[1].weight: weight must rise: 10% after 10%']],
    [
      steps('0%', '10%'),
      ['spec.steps[0].weight: weight must be above 0%: the phase without a share of the traffic is spec.internal'],
    ],
    [
      steps('50%', '100%'),
      ['spec.steps[1].weight: weight must be below 100%: 100% is the bake, which follows the last step'],
    ],
    [
      steps('20%', '100%', '10%'),
      [
        'spec.steps[1].weight: weight must be below 100%: 100% is the bake, which follows the last step',
        'spec.steps[2].weight: weight must rise: 10% after 20%',
      ],
    ],
  ])('%j', (spec, expected) => {
    expect(says(spec)).toEqual(expected);
  });
});

describe('consumer steps', () => {
  it('may stand alone or come first', () => {
    expect(says({ ...STABLE, steps: [CONSUMERS] })).toEqual([]);
    expect(says({ steps: [CONSUMERS, WEIGHT] })).toEqual([]);
    expect(says({ ...STABLE, steps: [CONSUMERS, WEIGHT] })).toEqual([]);
  });

  it('may not come after a weight, which would fall', () => {
    expect(says({ steps: [WEIGHT, CONSUMERS] })).toEqual([
      'spec.steps[1].consumers: a consumer step must come before the weight steps: the weight would fall from 10% to 0%',
    ]);
  });

  it('keep everybody else on the stable where there is nothing but the list', () => {
    expect(says({ steps: [CONSUMERS] })).toEqual([
      'spec.consumers.default: consumers.default must be stable where every step moves listed consumers only',
    ]);
  });
});

describe('phases', () => {
  it.each<[Spec, string[]]>([
    [{ internal: { requests: 20, maxErrors: 19 } }, []],
    [{ internal: { requests: 0, maxErrors: 0 } }, []],
    [
      { internal: { requests: 20, maxErrors: 20 } },
      ['spec.internal.maxErrors: maxErrors must be below requests: 20 of 20'],
    ],
    [{ steps: [{ weight: '10%', dwell: '0s' }] }, []],
    [
      { steps: [{ weight: '10%', dwell: '30s' }] },
      ['spec.steps[0].dwell: dwell must be at least judge.minStep: 30s against 1m'],
    ],
    [{ steps: [{ weight: '10%', dwell: '3s' }], judge: { minStep: '3s' } }, []],
    [{ ramp: '4m' }, []],
    [{ ramp: '5m' }, ['spec.ramp: ramp must be at most judge.warmUp: 5m against 4m']],
    [{ ramp: '0s', judge: { warmUp: '0s' } }, []],
    [{ judge: { maxHold: '0s' } }, ['spec.judge.maxHold: maxHold must be above 0s']],
    [{ judge: { reference: '4s' } }, ['spec.judge.reference: reference must be at least block: 4s against 5s']],
    [{ ...STABLE, steps: [{ consumers: 'listed', dwell: '1s' }] }, []],
    [
      { internal: { gates: ['a', 'b', 'a'] }, steps: [{ ...WEIGHT, gates: ['a', 'a'] }] },
      [
        'spec.internal.gates[2]: gate a is named twice in one phase',
        'spec.steps[0].gates[1]: gate a is named twice in one phase',
      ],
    ],
    [
      { internal: { gates: ['a', { name: 'a', approval: { by: 2 } }] } },
      ['spec.internal.gates[1]: gate a is named twice in one phase'],
    ],
    [{ protect: { verbs: ['weight'], within: '1m' } }, []],
    [{ protect: { verbs: ['weight'], within: '59s' } }, ['spec.protect.within: within must be from 1m to 1d, not 59s']],
    [{ protect: { verbs: ['weight'], within: '25h' } }, ['spec.protect.within: within must be from 1m to 1d, not 25h']],
  ])('%j', (spec, expected) => {
    expect(says(spec)).toEqual(expected);
  });
});

describe('error margins', () => {
  const errors = (rollback: [string, string], parity: [string, string]): Spec => ({
    checks: {
      errors: {
        rollback: { relative: rollback[0], absolute: rollback[1] },
        parity: { relative: parity[0], absolute: parity[1] },
      },
    },
  });

  it.each<[Spec, string[]]>([
    [errors(['10%', '0.01pp'], ['25%', '0.1pp']), []],
    [errors(['0%', '0.05pp'], ['0%', '0.1pp']), []],
    [errors(['10%', '0pp'], ['10%', '0pp']), []],
    [
      errors(['10%', '0.01pp'], ['5%', '0.1pp']),
      ['spec.checks.errors.parity.relative: parity margin must be at least the rollback margin: 5% against 10%'],
    ],
    [
      errors(['10%', '0.2pp'], ['25%', '0.1pp']),
      ['spec.checks.errors.parity.absolute: parity margin must be at least the rollback margin: 0.1pp against 0.2pp'],
    ],
    [
      errors(['10%', '0.1pp'], ['10%', '0.1pp']),
      [
        'spec.checks.errors.parity: parity margin must be at least the rollback margin: at 1% errors the larger of 10% and 0.1pp is less than 10% plus 0.1pp',
      ],
    ],
    [
      errors(['0%', '0pp'], ['0%', '0pp']),
      ['spec.checks.errors.parity: parity must allow some difference, or it can never be shown'],
    ],
  ])('%j', (spec, expected) => {
    expect(says(spec)).toEqual(expected);
  });

  it('finds the stable rate at which parity would be the narrower', () => {
    // 0.1 s + 0.0006 against max(0.2 s, 0.001): at s = 0.5 % it is 0.0011 against 0.001.
    expect(says(errors(['10%', '0.06pp'], ['20%', '0.1pp']))).toHaveLength(1);
    expect(says(errors(['10%', '0.05pp'], ['20%', '0.1pp']))).toEqual([]);
  });

  it('holds for 4xx answers before it rolls back', () => {
    const fields = (rollback: NonNullable<NonNullable<Spec['checks']>['clientErrors']>['rollback']) =>
      says({ checks: { clientErrors: { hold: { relative: '50%', absolute: '1pp' }, rollback } } });
    expect([fields('off'), fields({ relative: '50%', absolute: '1pp' })]).toEqual([[], []]);
    expect(fields({ relative: '25%', absolute: '5pp' })).toEqual([
      'spec.checks.clientErrors.rollback.relative: rollback margin must be at least the one that holds: 25% against 50%',
    ]);
  });

  it('asks the same of client errors', () => {
    expect(says({ checks: { clientErrors: { parity: { relative: '0%', absolute: '0pp' } } } })).toEqual([
      'spec.checks.clientErrors.parity: parity must allow some difference, or it can never be shown',
    ]);
  });
});

describe('margins of what answers carry', () => {
  const share = (relative: string, absolute: string) => ({ relative, absolute });
  const content = (content: NonNullable<NonNullable<NonNullable<Spec['checks']>['errors']>['content']>): Spec => ({
    checks: { errors: { content } },
  });
  const category = (parity: ReturnType<typeof share>): Spec => ({
    checks: { categories: { finish: { from: { json: '/finish' }, parity } } },
  });

  it.each<[Spec, string[]]>([
    [content({ rollback: share('0%', '0.4pp') }), []],
    [
      content({ rollback: share('0%', '20pp') }),
      [
        'spec.checks.errors.content.parity.absolute: parity margin must be at least the rollback margin: 0.5pp against 20pp',
      ],
    ],
    [
      content({ parity: share('0%', '0pp') }),
      ['spec.checks.errors.content.parity: parity must allow some difference, or it can never be shown'],
    ],
    [
      { checks: { errors: { unread: { parity: share('0%', '0pp') } } } },
      ['spec.checks.errors.unread.parity: parity must allow some difference, or it can never be shown'],
    ],
    [category(share('25%', '5pp')), []],
    [
      category(share('25%', '1pp')),
      [
        'spec.checks.categories.finish.parity.absolute: parity margin must be at least the rollback margin: 1pp against 2pp',
      ],
    ],
  ])('%j', (spec, expected) => {
    expect(says(spec)).toEqual(expected);
  });
});

describe('margins at the boundaries of classic histograms', () => {
  const path = 'spec.checks.latency.classic.parity';
  const classic = (parity: [string, string]): Spec => ({
    checks: { latency: { classic: { parity: { relative: parity[0], absolute: parity[1] } } } },
  });

  it.each<[Spec, string[]]>([
    [classic(['25%', '0.5pp']), []],
    [
      classic(['25%', '0.1pp']),
      [`${path}.absolute: parity margin must be at least the rollback margin: 0.1pp against 0.2pp`],
    ],
    [
      classic(['25%', '0.4pp']),
      [
        `${path}: parity margin must be at least the rollback margin: at 1.6% slow answers the larger of 25% and 0.4pp is less than 15% plus 0.2pp`,
      ],
    ],
    [classic(['0%', '0pp']), [`${path}: parity must allow some difference, or it can never be shown`]],
  ])('%j', (spec, expected) => {
    expect(says(spec)).toEqual(expected);
  });
});

describe('latency margins', () => {
  type Margin = string | { relative: string; absolute: string };
  const p95 = (rollback: Margin, parity: Margin): Spec => ({ checks: { latency: { p95: { rollback, parity } } } });
  const path = 'spec.checks.latency.p95.parity';

  it.each<[Spec, string[]]>([
    [p95('10%', '17%'), []],
    [p95('10%', '5%'), [`${path}: parity margin must be at least the rollback margin: 5% against 10%`]],
    [p95('5ms', '10ms'), []],
    [p95('10ms', '5ms'), [`${path}: parity margin must be at least the rollback margin: 5ms against 10ms`]],
    [p95('5ms', '10%'), [`${path}: parity margin must be at least the rollback margin: 0s against 5ms`]],
    [p95({ relative: '5%', absolute: '5ms' }, { relative: '10%', absolute: '5ms' }), []],
    [p95('0%', '1.9%'), [`${path}: parity must be at least 2%, one latency bucket, or it can never be shown: 1.9%`]],
    [p95('0%', '2%'), []],
  ])('%j', (spec, expected) => {
    expect(says(spec)).toEqual(expected);
  });

  it('have a default each: one may be left out', () => {
    const latency = (p50: object) =>
      policySchema.parse({
        apiVersion: 'serin.dev/v1',
        kind: 'GraduationPolicy',
        metadata: { name: 'p' },
        spec: { steps: [WEIGHT], checks: { latency: { p50 } } },
      }).spec.checks.latency;
    const { p50 } = latency({ dryRun: true });
    expect(p50).toEqual({ ...latency({}).p50, dryRun: true });
    expect(p50.rollback.relative).toBe(0.041);
    expect(latency({ parity: '60%' }).p50).toMatchObject({ rollback: p50.rollback, parity: { relative: 0.6 } });
    expect(says({ checks: { latency: { p95: { rollback: '20%' } } } })).toEqual([
      `${path}: parity margin must be at least the rollback margin: 17.2% against 20%`,
    ]);
  });

  it('are compared in whole buckets: 4% and 3% are both one', () => {
    expect(says(p95('4%', '3%'))).toEqual([]);
    expect(says(p95('4.1%', '4%'))).toHaveLength(1);
  });
});

describe('the judge', () => {
  const weights = (errors: number, guards = 0.1) => ({ weights: { errors, p50: 0.1, p95: 0.1, p99: 0.1, guards } });
  const nothing = { errors: 0, p50: 0, p95: 0, p99: 0, guards: 0 };

  it.each<[Spec, string[]]>([
    [{ judge: weights(0.6) }, []],
    [{ judge: weights(0.61) }, ['spec.judge.weights: weights must sum to at most 1: they sum to 1.01']],
    [
      { judge: { weights: nothing } },
      ['spec.judge.weights: weights must leave at least one check a share of the budget'],
    ],
    [{ judge: { beta: { first: 0.1, middle: 0.1, last: 0.1 } } }, []],
    [
      { judge: { beta: { first: 0.1, middle: 0.2, last: 0.3 } } },
      [
        'spec.judge.beta.middle: beta must not grow: middle 0.2 after first 0.1',
        'spec.judge.beta.last: beta must not grow: last 0.3 after middle 0.2',
      ],
    ],
    [{ judge: { alpha: 0.001, hold: 999 } }, []],
    [
      { judge: { alpha: 0.001, hold: 1_000 } },
      ['spec.judge.hold: hold must be below 1 / alpha, which rolls back: 1000 against 1000'],
    ],
    [{ judge: { block: '1s' } }, []],
    [{ judge: { block: '5m' } }, []],
    [{ judge: { block: '900ms' } }, ['spec.judge.block: block must be from 1s to 5m: 900ms']],
    [{ judge: { block: '301s', reference: '10m' } }, ['spec.judge.block: block must be from 1s to 5m: 301s']],
  ])('%j', (spec, expected) => {
    expect(says(spec)).toEqual(expected);
  });
});

describe('guards and patience', () => {
  it.each<[Spec, string[]]>([
    [{ guards: { errors: '2%', p50: '100ms', p95: '100ms', p99: '800ms' } }, []],
    [{ guards: { p50: '200ms', p99: '100ms' } }, ['spec.guards.p99: p99 must be at least p50: 100ms against 200ms']],
    [{ guards: { errors: '0%' } }, ['spec.guards.errors: errors must be above 0% and below 100%: 0%']],
    [{ guards: { errors: '100%' } }, ['spec.guards.errors: errors must be above 0% and below 100%: 100%']],
    [{ guards: { p95: '0s' } }, ['spec.guards.p95: p95 must be above 0s']],
    [
      {
        guards: { errors: '2%' },
        judge: { weights: { errors: 0.7, p50: 0.1, p95: 0.1, p99: 0.1, guards: 0 } },
      },
      ['spec.judge.weights.guards: weights.guards must be above 0 where spec.guards sets a limit'],
    ],
    [
      { blind: { after: '1s', action: 'pause' } },
      ['spec.blind.after: blind.after must be at least judge.block: 1s against 5s'],
    ],
    [{ undecided: { after: '6h' } }, []],
    [{ undecided: { after: '0s' } }, ['spec.undecided.after: undecided.after must be above 0s']],
  ])('%j', (spec, expected) => {
    expect(says(spec)).toEqual(expected);
  });
});
