import { describe, expect, it } from 'vitest';
import type { Finding, Verdict } from '../../../src/judge/verdict.ts';
import { silenceFinding } from '../../../src/parity/silence.ts';
import { announce } from '../../../src/rollout/announce.ts';
import { decide, type Facts } from '../../../src/rollout/decide.ts';
import { type Evidence, noEvidence } from '../../../src/rollout/evidence.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { transition } from '../../../src/rollout/transition.ts';
import { stepNoReport, UNHEARD } from '../../../src/stats/rates/no-report.ts';
import { tallyOf } from '../../support/judge-blocks.ts';
import { apply, happening, policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

const FACTS: Facts = { at: T0 + 120_000, braked: null, preflightFailure: null };
const CONTEXT = { at: FACTS.at, actor: { name: 'serin', role: 'serin' }, reason: '' } as const;

function silenceAt(logHarm: number): Finding {
  const interval = { durationMs: 5_000, stable: tallyOf(90), canary: null, routed: { stable: 90, canary: 10 } };
  const finding = silenceFinding(stepNoReport(stepNoReport(UNHEARD, interval, 4), interval, 4));
  if (finding === null) throw new Error('the second interval is bet on');
  return { ...finding, logHarm };
}

function evidence(rollout: Rollout, logHarm: number, over: Partial<Verdict> = {}): Evidence {
  const verdict: Verdict = {
    name: 'blind',
    reason: 'canary is silent: reported nothing in 8 of 9 intervals',
    logEvidence: 0,
    logThreshold: Math.log(1_000),
    logHold: Math.log(20),
    findings: [silenceAt(logHarm)],
    worst: 'silence',
    needs: null,
    forecast: null,
    ...over,
  };
  return { ...noEvidence(rollout.policy, T0), appliedAt: T0, dwellMs: 3_600_000, verdict, blindSince: T0 + 100_000 };
}

describe('a canary that fell silent', () => {
  const rollout = rolloutIn('step-1');

  it('is held at E >= 20, and paused with a page at E >= 1,000', () => {
    expect(decide(rollout, evidence(rollout, Math.log(999)), FACTS)).toBeNull();
    const event = decide(rollout, evidence(rollout, Math.log(1_001)), FACTS);
    expect(event).toMatchObject({ kind: 'canaryFellSilent', action: 'pause' });
    if (event === null) return;
    const moved = transition(rollout, event, CONTEXT);
    if (moved.kind === 'refused') throw new Error(moved.reason);
    expect(moved.rollout).toMatchObject({ openPage: 'blind', canaryBps: rollout.canaryBps, paused: { by: 'serin' } });
    const [page] = announce(rollout, moved.rollout, happening(event), evidence(rollout, 50));
    expect(page).toMatchObject({ kind: 'page', severity: 'warning' });
    expect(page?.summary).toMatch(/needs a person: canary is silent: /);
    expect(decide(moved.rollout, evidence(moved.rollout, 50), FACTS)).toBeNull();
  });

  it('is paged about in a pause of a person, which stays that person’s', () => {
    const paused = apply(rollout, { kind: 'paused' });
    const event = decide(paused, evidence(paused, 50), FACTS);
    expect(event?.kind).toBe('canaryFellSilent');
    const moved = event && transition(paused, event, CONTEXT);
    expect(moved).toMatchObject({ kind: 'moved', rollout: { openPage: 'blind', paused: paused.paused } });
  });

  it('is rolled back where the policy rolls back when blind', () => {
    const strict = rolloutIn('step-1', policyOf({ blind: { after: '10m', action: 'rollback' } }));
    const event = decide(strict, evidence(strict, 50), FACTS);
    expect(event).toMatchObject({ kind: 'canaryFellSilent', action: 'rollback' });
    expect(event && transition(strict, event, CONTEXT)).toMatchObject({ rollout: { stage: { kind: 'rolled-back' } } });
  });

  it('is not what any other blindness, or another stage, is', () => {
    expect(decide(rollout, evidence(rollout, 50, { worst: null }), FACTS)).toBeNull();
    expect(decide(rollout, evidence(rollout, 50, { findings: [] }), FACTS)).toBeNull();
    const bake = rolloutIn('bake');
    expect(decide(bake, evidence(bake, 50), FACTS)).toBeNull();
  });
});
