import { describe, expect, it } from 'vitest';
import { openJudgement } from '../../../src/judge/judge.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import { readsOf } from '../../../src/rollout/answer-reads.ts';
import { carrying, countsOfValues, spread } from '../../support/carried-values.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

type Latency = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['latency']>;

const END = { until: 'end' } as const;
const EACH = { p50: END, p95: END, p99: END, dominance: END } as const;

function policyWith(latency: Latency) {
  return judgePolicy({
    checks: { errors: { parity: { relative: '25%', absolute: '1pp' } }, latency },
    judge: { block: '1s', minStep: '3s', warmUp: '0s' },
  });
}

/** Heads after 20 ms, and ends of these medians. */
function verdictOf(latency: Latency, endMs: { stable: number; canary: number }, headMs = 20, count = 90) {
  const policy = policyWith(latency);
  const end = (answers: number, ms: number) => ({ end: countsOfValues(spread(answers, ms)) });
  return lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, (startedAt) =>
    blockOf({
      startedAt,
      stable: carrying(tallyOf(900), end(900, endMs.stable)),
      canary: carrying(tallyOf(100, { medianMs: headMs }), end(100, endMs.canary)),
    }),
  ).verdict;
}

describe('latencies to the end of the answer', () => {
  it('are read by the gateway where a check asks for them, and only there', () => {
    expect(readsOf(policyWith({ quantiles: { p90: END } }).spec.checks).reads?.own).toEqual(['end']);
    expect(readsOf(policyWith({}).spec.checks)).toEqual({});
  });

  it('roll back a body that is twice as slow behind the same head, and say what was timed', () => {
    const verdict = verdictOf(EACH, { stable: 60, canary: 120 });
    expect(verdict.name).toBe('harmful');
    expect(verdict.reason).toMatch(
      /^canary (worse in .* together: canary )?p\d\d to the end of the answer 1\d\d ms against /,
    );
  });

  it('see nothing of it where the head is timed', () => {
    expect(verdictOf({}, { stable: 60, canary: 120 }).name).not.toBe('harmful');
  });

  it('say so while they wait, and when they are at parity', () => {
    expect(verdictOf(EACH, { stable: 60, canary: 60 }, 20, 2).reason).toContain('p99 to the end of the answer');
    const shown = verdictOf(EACH, { stable: 60, canary: 60 }, 20, 400);
    expect(shown.name).toBe('at-parity');
    expect(shown.reason).toContain('p50 to the end of the answer within 10.4 %');
  });

  it('stand beside latencies to the head', () => {
    const mixed: Latency = { p99: END, dominance: { dryRun: true }, quantiles: { p90: END } };
    const late = verdictOf(mixed, { stable: 60, canary: 60 }, 60);
    expect(late.name).toBe('harmful');
    expect(late.leads).toMatch(/^p(50|95)$/);
    const slow = verdictOf(mixed, { stable: 60, canary: 180 });
    expect(slow.name).toBe('harmful');
    expect(slow.leads).toMatch(/^p(90|99)$/);
  });

  it('wait where nothing times the end', () => {
    const policy = policyWith(EACH);
    const { verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 30 }, (startedAt) =>
      blockOf({ startedAt }),
    );
    expect(verdict.name).toBe('undecided');
    expect(verdict.reason).toContain('to the end of the answer: waits for about');
  });
});
