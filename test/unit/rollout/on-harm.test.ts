import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/judge/verdict.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { decide } from '../../../src/rollout/decide.ts';
import type { MachineEvent } from '../../../src/rollout/event.ts';
import { type Evidence, noEvidence } from '../../../src/rollout/evidence.ts';
import { onHarm } from '../../../src/rollout/on-harm.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { transition } from '../../../src/rollout/transition.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { announced, apply, context, policyOf, refusal, rolloutIn, T0 } from '../../support/rollouts.ts';

const harmful: Verdict = verdictOf({ name: 'harmful', worst: 'errors', reason: 'canary errors 4.8 % against 0.2 %' });
const holding = policyOf({ onHarm: 'hold' });
const step1 = rolloutIn('step-1', holding);
const held = apply(step1, { kind: 'harmHeld', reason: 'harm', verdict: harmful });

function decided(rollout: Rollout, over: Partial<Evidence> = {}, braked: string | null = null): MachineEvent | null {
  const evidence: Evidence = { ...noEvidence(rollout.policy, T0), appliedAt: T0, lookedAt: T0, ...over };
  const pulled = braked === null ? null : ({ reason: braked, blames: 'canary' } as const);
  return decide(rollout, evidence, { at: T0 + 60_000, braked: pulled, preflightFailure: null });
}

describe('what harm leads to', () => {
  const asked = (policy: Policy, verdict: Verdict = harmful) => onHarm(rolloutIn('step-1', policy), verdict);
  const steps = [
    { weight: '10%', dwell: '1m', onHarm: 'hold' as const },
    { weight: '50%', dwell: '2m' },
  ];

  it('is said by the check, else by the step, else by the policy', () => {
    expect(asked(policyOf())).toBe('rollback');
    expect(asked(holding)).toBe('hold');
    expect(asked(policyOf({ steps }))).toBe('hold');
    expect(onHarm(rolloutIn('step-2', policyOf({ steps })), harmful)).toBe('rollback');
    const checks = { errors: { onHarm: 'rollback' as const }, latency: { p99: { onHarm: 'hold' as const } } };
    expect(asked(policyOf({ onHarm: 'hold', checks }))).toBe('rollback');
    expect(asked(policyOf({ checks }), { ...harmful, worst: 'p99' })).toBe('hold');
    expect(asked(policyOf({ checks }), { ...harmful, worst: 'gross:errors' })).toBe('rollback');
  });

  it('is said by the check with the largest part where several carry the verdict', () => {
    const checks = { latency: { p99: { onHarm: 'hold' as const } } };
    expect(asked(policyOf({ checks }), { ...harmful, worst: 'combined', leads: 'p99' })).toBe('hold');
    expect(asked(policyOf({ checks }), { ...harmful, worst: 'combined', leads: 'errors' })).toBe('rollback');
  });
});

describe('a canary found harmful that cannot go back', () => {
  it('stays where it is, paused', () => {
    expect(decided(step1, { verdict: harmful })).toEqual({
      kind: 'harmHeld',
      reason: 'canary errors 4.8 % against 0.2 %; it stays at 10%, paused (onHarm: hold)',
      verdict: harmful,
    });
    expect(held).toMatchObject({
      stage: { kind: 'step', index: 0 },
      canaryBps: 1_000,
      openPage: 'harmful',
      paused: { reason: 'harm' },
      harmHeldAt: T0 + 1_000,
    });
  });

  it('pages at once, even when a page was open', () => {
    const event = { kind: 'harmHeld', reason: 'harm; it stays at 10%', verdict: harmful } as const;
    for (const before of [step1, { ...step1, openPage: 'undecided' as const }]) {
      const [page] = announced(before, event);
      expect(page).toMatchObject({
        kind: 'page',
        severity: 'critical',
        subject: 'harmHeld',
        summary: 'payments: v2 is harmful and needs a person: harm; it stays at 10%',
      });
      expect(page?.details['next']).toBe(
        'serin get payments; then serin rollback payments, or serin resume payments to go on: it is judged anew then',
      );
    }
  });

  it('is told once, also after somebody took note', () => {
    expect(decided(held, { verdict: harmful })).toBeNull();
    const noted = apply(held, { kind: 'extended', byMs: 60_000 });
    expect([noted.openPage, decided(noted, { verdict: harmful })]).toEqual([null, null]);
  });

  it.each([[{ kind: 'resumed' }], [{ kind: 'advanced', to: 'step-2' }], [{ kind: 'promoted', full: false }]] as const)(
    'is judged anew when a person goes on: $0.kind',
    (event) => {
      const moved = transition(held, event, context());
      expect(moved).toMatchObject({ kind: 'moved', evidence: 'all' });
      expect(moved.kind === 'moved' && moved.rollout.harmHeldAt).toBeUndefined();
    },
  );

  it('can be rolled back by a person', () => {
    expect(apply(held, { kind: 'rolledBack' }).canaryBps).toBe(0);
  });

  it('does not go back while it warms up either', () => {
    const cold: Verdict = { ...verdictOf({ name: 'suspect', worst: 'errors' }), goBack: true };
    expect(decided(rolloutIn('step-2', policyOf({ onHarm: 'hold' })), { verdict: cold })).toBeNull();
  });

  it('is taken off all the same by the brake of the gateway', () => {
    expect(decided(step1, { verdict: harmful }, '20 failures in a row')?.kind).toBe('canaryBraked');
  });

  it('is refused where the rollout is over the steps, or not begun', () => {
    const event = { kind: 'harmHeld', reason: 'harm', verdict: harmful } as const;
    expect(refusal(rolloutIn('promoted', holding), event)).toBe(
      'only the internal phase, a step or the bake is held for harm',
    );
  });
});
