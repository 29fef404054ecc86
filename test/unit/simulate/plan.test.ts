import { describe, expect, it } from 'vitest';
import { planRollout } from '../../../src/simulate/plan.ts';
import { type ExpectedTraffic, logNormalThrough } from '../../../src/simulate/traffic.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const policy = judgePolicy({
  steps: [
    { weight: '1%', dwell: '24h' },
    { consumers: 'listed', dwell: '1h' },
    { weight: '10%', dwell: '24h' },
    { weight: '50%', dwell: '24h' },
  ],
});
const TRAFFIC: ExpectedTraffic = {
  requestsPerSecond: 200,
  errorRate: 1e-3,
  clientErrorRate: 1e-2,
  latency: logNormalThrough(40, 300),
};

function outcomes(traffic: ExpectedTraffic, of = policy) {
  return planRollout(of, traffic).steps.map(({ regressions }) => regressions.map(({ outcome }) => outcome));
}

describe('a plan', () => {
  it('numbers the steps as the policy does and leaves out those that nobody compares', () => {
    const { steps, takesMs } = planRollout(policy, TRAFFIC);
    expect(steps.map(({ step, weightBps }) => [step, weightBps])).toEqual([
      [1, 100],
      [3, 1_000],
      [4, 5_000],
    ]);
    expect(steps.map(({ takesMs: ms }) => ms)).toEqual([86_400_000, 86_400_000, 86_400_000]);
    expect(takesMs).toBe(3 * 86_400_000 + policy.spec.bake.dwell);
  });

  it('says of what it forecasts nothing: what answers carry, and latencies to another end than those given', () => {
    const says = (checks: NonNullable<Parameters<typeof judgePolicy>[0]>['checks']) =>
      planRollout(judgePolicy({ checks }), TRAFFIC)
        .advice.filter(({ change }) => change === 'values')
        .map((one) => one.says);
    expect(says({ size: {} })).toEqual([]);
    const queries = { from: { header: 'x-queries' }, worse: 'higher' } as const;
    expect(says({ values: { queries }, streams: {}, latency: { p99: { until: 'end' } } })).toEqual([
      'value:queries, stream:first-event, stream:gap, stream:event-rate: how they scatter is not known here, so no time is forecast ' +
        'for them; a step also waits for their parity',
      'some latencies are timed to the end of the answer (until: end): the plan holds if p50 and p99 are given to the end as well',
    ]);
    const outcome = { from: { json: '/outcome' } } as const;
    const when = [{ graphql: 'total' } as const];
    const categories = { outcome, other: { ...outcome, dryRun: true } };
    expect(says({ errors: { when, partial: { dryRun: true } }, categories })).toEqual([
      'content, content:unread, category:outcome: how often they come is not known here, so no time is forecast for them; a step also ' +
        'waits for their parity',
    ]);
    expect(says({ errors: { when, dryRun: true } })).toEqual([]);
    expect(says({ responseShape: {}, logs: {} })).toEqual([
      'responseShape, logs: what the canary answers and logs is not known here, so nothing is forecast for them; what differs holds ' +
        'the canary or takes it back as the policy says, from the internal phase on',
    ]);
  });

  it('lasts as long as the queries take at the least, and waits for nothing that only reports', () => {
    const query = { query: 'q', worse: 'higher', interval: '10h', comparable: true } as const;
    const withQuery = planRollout(
      judgePolicy({ checks: { queries: { a: query, b: { ...query, interval: '1m' } } } }),
      TRAFFIC,
    );
    // ceil(log2(1/beta)) intervals: 3, 4 and 5.
    expect(withQuery.steps.map(({ queriesMs }) => queriesMs / 3_600_000)).toEqual([30, 40, 50]);
    expect(withQuery.steps.map(({ takesMs }) => takesMs)).toEqual(withQuery.steps.map(({ queriesMs }) => queriesMs));
    for (const parts of [{ dryRun: true }, { comparable: false }]) {
      const without = planRollout(judgePolicy({ checks: { queries: { a: { ...query, ...parts } } } }), TRAFFIC);
      expect(without.steps.map(({ queriesMs }) => queriesMs)).toEqual([0, 0, 0]);
    }
    const share = planRollout(
      judgePolicy({ checks: { queries: { a: { ...query, action: 'rollback', weight: 0.9 } } } }),
      TRAFFIC,
    );
    const caughtMs = (plan: typeof share) =>
      plan.steps[0]?.regressions.map(({ outcome }) => ('ms' in outcome ? outcome.ms : 0));
    expect(caughtMs(share)?.[0]).toBeGreaterThan(caughtMs(withQuery)?.[0] ?? 0);
    const reported = planRollout(judgePolicy({ checks: { errors: { dryRun: true } } }), TRAFFIC).steps[0];
    expect(reported?.evidence.map(({ check }) => check)).toEqual(['clientErrors', 'p50', 'p95', 'p99']);
    expect(reported?.regressions[0]?.outcome).toEqual({ kind: 'reported' });
  });

  it('needs about ln(1/beta)/a canary requests where there are no errors', () => {
    const [, , last] = planRollout(policy, { ...TRAFFIC, errorRate: 0 }).steps;
    const errors = last?.evidence.find(({ check }) => check === 'errors');
    expect(errors).toMatchObject({ kind: 'shown' });
    // Canary and stable share the traffic by halves: (ln 20 + 0.7) / 0.001.
    expect(errors?.kind === 'shown' ? errors.canaryRequests : 0).toBeCloseTo(3_696, -2);
  });

  it('catches what is worse sooner, and with more traffic sooner', () => {
    for (const step of outcomes(TRAFFIC)) {
      const times = step.map((outcome) => (outcome.kind === 'caught' ? outcome.ms : Number.POSITIVE_INFINITY));
      expect(times.slice(0, 3)).toEqual(times.slice(0, 3).toSorted((a, b) => b - a));
      expect(times.slice(3)).toEqual(times.slice(3).toSorted((a, b) => b - a));
    }
    const at = (requestsPerSecond: number) => {
      const first = outcomes({ ...TRAFFIC, requestsPerSecond })[0]?.[1];
      return first?.kind === 'caught' ? first.ms : Number.POSITIVE_INFINITY;
    };
    expect(at(2_000)).toBeLessThan(at(200) / 5);
  });

  it('takes at least as many looks as the judge needs', () => {
    const crash = outcomes({ ...TRAFFIC, requestsPerSecond: 100_000, errorRate: 0.05 })[2]?.[2];
    expect(crash).toMatchObject({ kind: 'caught', ms: 3 * policy.spec.judge.block });
  });

  it('counts the requests that the canary serves until then, and those that fail for it', () => {
    const twentyfold = outcomes(TRAFFIC)[1]?.[2];
    if (twentyfold?.kind !== 'caught') throw new Error('not caught');
    expect(twentyfold.canaryRequests).toBe(Math.ceil((20 * twentyfold.ms) / 1_000));
    expect(twentyfold.failures).toBe(Math.ceil(twentyfold.canaryRequests * 0.019));
  });

  it('says nothing to change where every step ends with its dwell', () => {
    expect(planRollout(policy, TRAFFIC).advice).toEqual([]);
  });
});

describe('where the answer is never', () => {
  it('a policy that reports only is told apart from a margin that is too wide', () => {
    const { steps, advice } = planRollout(judgePolicy({ dryRun: true }), TRAFFIC);
    expect(steps.map(({ evidence }) => evidence)).toEqual([[], [], []]);
    expect(new Set(steps.flatMap(({ regressions }) => regressions.map(({ outcome }) => outcome.kind)))).toEqual(
      new Set(['reported']),
    );
    expect(advice.map(({ says }) => says)).toEqual([
      'spec.dryRun is set: nothing is rolled back for, and a person ends every step and the bake',
    ]);
  });

  it('the margin is named that allows for the regression', () => {
    const wide = judgePolicy({
      steps: [{ weight: '10%', dwell: '24h' }],
      checks: {
        errors: { rollback: { relative: '150%', absolute: '0.1pp' }, parity: { relative: '200%', absolute: '1pp' } },
      },
    });
    const { steps, advice } = planRollout(wide, TRAFFIC);
    expect(steps[0]?.regressions[0]?.outcome).toEqual({ kind: 'inside-margin' });
    expect(advice).toContainEqual(
      expect.objectContaining({ change: 'margin', says: expect.stringContaining('errors 2x') }),
    );
  });

  it('a regression that parity allows for is promoted before it is caught', () => {
    const brief = judgePolicy({
      steps: [{ weight: '10%', dwell: '10m' }],
      checks: { errors: { parity: { relative: '25%', absolute: '5pp' } } },
    });
    const { steps, advice } = planRollout(brief, TRAFFIC);
    expect(steps[0]?.regressions[0]?.outcome.kind).toBe('outlasts-step');
    expect(advice[0]?.says).toMatch(/^errors 2x passes step 1 before it is caught: a dwell of /);
  });

  it('too narrow a parity margin never shows anything, and widening it is the change', () => {
    const narrow = judgePolicy({
      steps: [{ weight: '10%', dwell: '10m' }],
      checks: { latency: { p50: { rollback: '1%', parity: '1.5%' } } },
    });
    const { steps, takesMs, advice } = planRollout(narrow, TRAFFIC);
    expect(steps[0]).toMatchObject({ evidenceMs: null, takesMs: null, slowest: 'p50' });
    expect(takesMs).toBeNull();
    expect(advice[0]).toMatchObject({ step: 1, change: 'margin' });
  });

  it('names an effect that no test bets on, and never the dwell that is there already', () => {
    const heavy = { ...TRAFFIC, latency: logNormalThrough(40, 4_000) };
    const small = judgePolicy({
      steps: [{ weight: '10%', dwell: '24h' }],
      checks: { latency: { p50: { rollback: '8%', parity: '27%' } } },
    });
    const { steps, advice } = planRollout(small, heavy);
    expect(steps[0]?.regressions[3]?.outcome).toEqual({ kind: 'too-small' });
    expect(advice.at(-1)?.says).toMatch(/^most canaries with latency \+10 % are never found: /);
    for (const requestsPerSecond of [0.02, 0.1, 0.5, 1, 3, 10, 30]) {
      for (const { says } of planRollout(policy, { ...TRAFFIC, requestsPerSecond }).advice) {
        expect(says).not.toMatch(/a dwell of (24h|1d|1 d) would/);
      }
    }
  });

  it('too little traffic never shows the p99.9, and a little more evidence than dwell wants another weight', () => {
    const far = judgePolicy({
      steps: [{ weight: '50%', dwell: '24h' }],
      checks: { latency: { quantiles: { 'p99.9': {} } } },
    });
    const { advice } = planRollout(far, { ...TRAFFIC, requestsPerSecond: 1 });
    expect(advice[0]).toMatchObject({ step: 1, change: 'traffic', says: expect.stringContaining('requests/s') });
    const hasty = judgePolicy({ steps: [{ weight: '1%', dwell: '10m' }] });
    expect(planRollout(hasty, TRAFFIC).advice[0]).toMatchObject({
      change: 'weight',
      says: expect.stringMatching(/^step 1 takes about .* to show the parity of errors: at a weight of .* it takes /),
    });
  });
});
