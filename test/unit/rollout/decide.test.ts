import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/judge/verdict.ts';
import type { Reservation } from '../../../src/parity/internal/reservation.ts';
import { decide } from '../../../src/rollout/decide.ts';
import type { Evidence } from '../../../src/rollout/evidence.ts';
import { evidence, facts, MINUTE, verdict } from '../../support/decisions.ts';
import { apply, policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

describe('decide: harm', () => {
  it.each(['step-1', 'step-2', 'bake'])('rolls back from %s on harmful, paused or not', (stage) => {
    const rollout = rolloutIn(stage);
    const seen = evidence(rollout, { verdict: verdict('harmful') });
    expect(decide(rollout, seen, facts())?.kind).toBe('canaryJudgedHarmful');
    expect(decide(apply(rollout, { kind: 'paused' }), seen, facts())?.kind).toBe('canaryJudgedHarmful');
  });

  it('keeps that a brake blames nobody', () => {
    const rollout = rolloutIn('step-1');
    const braked = { reason: 'one key', blames: 'nobody' } as const;
    expect(decide(rollout, evidence(rollout), facts({ braked }))).toEqual({ kind: 'canaryBraked', ...braked });
  });

  it('takes the brake before anything the judge says', () => {
    const rollout = rolloutIn('step-1');
    const seen = evidence(rollout, { verdict: verdict('at-parity') });
    expect(decide(rollout, seen, facts({ braked: { reason: '20 failures in a row', blames: 'canary' } }))).toEqual({
      kind: 'canaryBraked',
      reason: '20 failures in a row',
    });
  });

  it('fails the internal phase at the first error beyond what is allowed', () => {
    const rollout = rolloutIn('internal');
    expect(decide(rollout, evidence(rollout, { forced: { requests: 3, errors: 1 } }), facts())).toEqual({
      kind: 'internalFailed',
      reason: '1 of 3 forced requests failed, 0 allowed',
    });
  });
});

describe('decide: what checks say of the internal phase', () => {
  const rollout = apply(rolloutIn('internal'), { kind: 'gatePassed', gate: 'integration-tests' });
  const forced = { requests: 25, errors: 0 };
  const reserved = (...kinds: readonly Reservation['kind'][]): Verdict => ({
    ...verdict('undecided'),
    reservations: kinds.map((kind) => ({ kind, check: 'answers', reason: `it ${kind}` })),
  });
  const decided = (of: Verdict, over: Partial<Evidence> = {}) =>
    decide(rollout, evidence(rollout, { forced, verdict: of, ...over }), facts());

  it('takes the rollout back where one refuses, and says what the forced requests said', () => {
    expect(decided(reserved('waits', 'refuses'))).toEqual({
      kind: 'internalFailed',
      reason: 'it refuses; 0 of 25 forced requests failed',
      // The audit keeps what differed.
      verdict: reserved('waits', 'refuses'),
    });
  });

  it('lets it pass where all of them only tell, with what they tell', () => {
    expect(decided(reserved('tells'))).toEqual({
      kind: 'internalPassed',
      reason: '25 forced requests, 0 failed; it tells',
    });
  });

  it('keeps it there where one holds or waits, and pages for what holds', () => {
    expect(decided(reserved('waits'))).toBeNull();
    const hold = { cause: 'worse:answers', check: 'answers', urgency: 'after-max-hold' } as const;
    const holding = { ...reserved('holds'), hold };
    expect(decided(holding, { held: { cause: 'worse:answers', since: T0 } })).toBeNull();
    expect(decided(holding, { held: { cause: 'worse:answers', since: T0 - 4 * MINUTE } })).toMatchObject({
      kind: 'undecidedTooLong',
      cause: 'hold:worse:answers',
    });
    const advanced = apply(rollout, { kind: 'advanced', to: 'step-1' });
    expect(advanced.stage).toEqual({ kind: 'step', index: 0 });
  });

  it('pages once for what it has waited for longer than the first step may stay undecided', () => {
    const dueAt = rollout.stageEnteredAt + 3 * MINUTE;
    const late = facts({ at: dueAt + 1 });
    const waiting = evidence(rollout, { forced, verdict: reserved('waits') });
    expect(decide(rollout, waiting, facts({ at: dueAt }))).toBeNull();
    expect(decide(rollout, waiting, late)).toEqual({
      kind: 'undecidedTooLong',
      cause: 'undecided',
      reason: 'waiting in the internal phase for longer than 3m: it waits',
    });
    const paged = apply(rollout, { kind: 'undecidedTooLong', cause: 'undecided', reason: 'it waits' });
    expect(decide(paged, waiting, late)).toBeNull();
    // Forced requests are a person's to send.
    expect(decide(rollout, { ...waiting, forced: { requests: 4, errors: 0 } }, late)).toBeNull();
  });

  it('acts on evidence of mirrored requests, as the policy says of harm', () => {
    expect(decided(verdict('suspect'))).toBeNull();
    expect(decided(verdict('harmful'))).toMatchObject({ kind: 'internalFailed', reason: 'it is harmful' });
    const holding = rolloutIn('internal', policyOf({ onHarm: 'hold' }));
    const seen = evidence(holding, { forced, verdict: verdict('harmful') });
    expect(decide(holding, seen, facts())).toMatchObject({
      kind: 'harmHeld',
      reason: 'it is harmful; it stays at 0%, paused (onHarm: hold)',
    });
  });
});

describe('decide: forced answers unlike those of the stable', () => {
  const rollout = apply(rolloutIn('internal'), { kind: 'gatePassed', gate: 'integration-tests' });
  const forced = (status: number, requests: number, past = [0, 0, 997, 0, 3, 0]) =>
    evidence(rollout, {
      verdict: verdict('undecided'),
      forced: { requests, errors: 0, answers: [{ endpoint: 'GET /cart', status, requests, past }] },
    });

  it('end the internal phase, and name endpoint and status', () => {
    expect(decide(rollout, forced(404, 21), facts())).toEqual({
      kind: 'internalFailed',
      reason: '21 of 21 forced requests were answered as the stable seldom does there: GET /cart with 404 (21)',
    });
    const reported = rolloutIn('internal', policyOf({ dryRun: true }));
    expect(decide(reported, forced(404, 21), facts())?.kind).not.toBe('internalFailed');
  });

  it('let it pass otherwise, and say what that rules out', () => {
    expect(decide(rollout, forced(200, 21), facts())).toMatchObject({
      kind: 'internalPassed',
      reason:
        '21 forced requests, 0 failed; 21 with a status that is usual there, and in so few up to 13.3 % of unusual ones can go unseen',
    });
    expect(decide(rollout, forced(200, 21, []), facts())).toMatchObject({
      kind: 'internalPassed',
      reason:
        "21 forced requests, 0 failed; 21 to endpoints of which the stable's answers are not known: GET /cart with 200 (21)",
    });
  });

  it('are not said to have passed where the policy asks for none', () => {
    const unasked = rolloutIn('internal', policyOf({ internal: { requests: 0 } }));
    const forced = { requests: 0, errors: 0 };
    expect(decide(unasked, evidence(unasked, { forced, verdict: verdict('undecided') }), facts())).toEqual({
      kind: 'internalPassed',
      reason: 'the policy asks for no forced requests, and there were none',
    });
    expect(decide(unasked, evidence(unasked, { forced, verdict: null }), facts())).toBeNull();
  });

  it('wait for a person, once, where all were refused and nothing is known of the stable there', () => {
    const event = decide(rollout, forced(404, 21, []), facts());
    expect(event).toEqual({
      kind: 'undecidedTooLong',
      cause: 'undecided',
      reason:
        "held: all of 21 forced requests were refused, at endpoints of which the stable's answers are not known: " +
        'GET /cart with 404 (21); nothing shows that the canary serves anything',
    });
    if (event === null) throw new Error('no event');
    const told = apply(rollout, event);
    expect(told.openPage).toBe('undecided');
    expect(decide(told, forced(404, 21, []), facts())).toBeNull();
    expect(apply(told, { kind: 'advanced', to: 'step-1' }).stage).toMatchObject({ kind: 'step', index: 0 });
    const reported = apply(rolloutIn('internal', policyOf({ dryRun: true })), {
      kind: 'gatePassed',
      gate: 'integration-tests',
    });
    expect(decide(reported, forced(404, 21, []), facts())?.kind).toBe('internalPassed');
  });

  it('that never came are failures, and the reason says so', () => {
    const seen = evidence(rollout, { forced: { requests: 20, errors: 20, unanswered: 19 } });
    expect(decide(rollout, seen, facts())).toEqual({
      kind: 'internalFailed',
      reason: '20 of 20 forced requests failed, 19 of them left by their clients without an answer, 0 allowed',
    });
  });
});

describe('decide: progress', () => {
  it('passes a step only at parity, after the dwell, with every gate open, when the split is applied', () => {
    const policy = policyOf({ steps: [{ weight: '10%', dwell: '1m', gates: ['sign-off'] }] });
    const closed = rolloutIn('step-1', policy);
    const open = apply(closed, { kind: 'gatePassed', gate: 'sign-off' });
    const parity = { verdict: verdict('at-parity') };
    expect(decide(open, evidence(open, parity), facts())).toMatchObject({
      kind: 'stepPassed',
      index: 0,
      reason: 'it is at-parity',
    });
    expect(decide(closed, evidence(closed, parity), facts())).toBeNull();
    expect(decide(open, evidence(open, { ...parity, dwellMs: MINUTE - 1 }), facts())).toBeNull();
    expect(decide(open, evidence(open, { ...parity, appliedAt: null }), facts())).toBeNull();
    expect(decide(apply(open, { kind: 'paused' }), evidence(open, parity), facts())).toBeNull();
  });

  it.each(['suspect', 'shared-fault', 'blind', 'undecided'] as const)('never passes a step on %s', (name) => {
    const rollout = rolloutIn('step-1');
    expect(decide(rollout, evidence(rollout, { verdict: verdict(name) }), facts())).toBeNull();
  });

  it('never passes a step without a verdict', () => {
    const rollout = rolloutIn('step-1');
    expect(decide(rollout, evidence(rollout, { verdict: null }), facts())).toBeNull();
  });

  it('waits in the internal phase for the forced requests and for the gate', () => {
    const rollout = apply(rolloutIn('internal'), { kind: 'gatePassed', gate: 'integration-tests' });
    const after = (requests: number, of = rollout) =>
      decide(of, evidence(of, { forced: { requests, errors: 0 }, verdict: verdict('undecided') }), facts());
    expect(after(4)).toBeNull();
    expect(after(5)?.kind).toBe('internalPassed');
    expect(after(5, rolloutIn('internal'))).toBeNull();
  });

  it('never ends a consumer step by itself', () => {
    const policy = policyOf({ consumers: { default: 'stable' }, steps: [{ consumers: 'listed', dwell: '1m' }] });
    const rollout = rolloutIn('step-1', policy);
    expect(
      decide(rollout, evidence(rollout, { verdict: verdict('at-parity') }), facts({ at: T0 + 90 * MINUTE })),
    ).toBeNull();
  });

  it('bakes for the dwell and only while somebody could see', () => {
    const rollout = rolloutIn('bake');
    const guarded = { verdict: verdict('undecided') };
    expect(decide(rollout, evidence(rollout, guarded), facts())?.kind).toBe('bakePassed');
    expect(decide(rollout, evidence(rollout, { ...guarded, blindSince: T0 }), facts())).toBeNull();
    expect(decide(rollout, evidence(rollout, { verdict: null }), facts())).toBeNull();
  });

  it('leaves every stage after the internal one to a person with spec.dryRun, which concludes nothing', () => {
    const policy = policyOf({ dryRun: true });
    for (const stage of ['step-1', 'bake']) {
      const rollout = rolloutIn(stage, policy);
      expect(decide(rollout, evidence(rollout, { verdict: verdict('undecided') }), facts())).toBeNull();
      expect(
        decide(rollout, evidence(rollout), facts({ braked: { reason: '20 failures in a row', blames: 'canary' } }))
          ?.kind,
      ).toBe('canaryBraked');
    }
  });

  it.each(['suspect', 'shared-fault'] as const)('does not end the bake on %s, and pages', (name) => {
    const rollout = rolloutIn('bake');
    const seen = evidence(rollout, { verdict: verdict(name), suspectSince: T0, faultSince: T0 });
    expect(decide({ ...rollout, increase: null }, seen, facts())).toBeNull();
    expect(decide({ ...rollout, increase: null }, seen, facts({ at: T0 + 6 * MINUTE }))).toMatchObject({ cause: name });
  });

  it.each(['bake', 'step-1'])('is held by a limit in %s, where nothing is compared', (stage) => {
    const steps = [{ consumers: 'listed' as const, dwell: '1m' }];
    const rollout = rolloutIn(stage, policyOf(stage === 'bake' ? {} : { consumers: { default: 'stable' }, steps }));
    const hold = { cause: 'worse:query:cpu', check: 'query:cpu', urgency: 'after-max-hold' } as const;
    const held = { cause: hold.cause, since: T0 };
    const seen = evidence(rollout, { verdict: { ...verdict('undecided'), hold }, held });
    expect(decide(rollout, seen, facts())).toBeNull();
    expect(decide(rollout, seen, facts({ at: T0 + 6 * MINUTE }))).toMatchObject({ cause: 'hold:worse:query:cpu' });
  });

  it('finalises by itself unless a person has to', () => {
    const promoted = rolloutIn('promoted');
    expect(decide(promoted, evidence(promoted), facts())?.kind).toBe('rolloutFinalised');
    const manual = rolloutIn('promoted', policyOf({ finalise: 'manual' }));
    expect(decide(manual, evidence(manual), facts())).toBeNull();
  });

  it.each(['finalised', 'rolled-back', 'aborted'])('decides nothing about a rollout that is %s', (stage) => {
    const rollout = rolloutIn(stage);
    expect(
      decide(
        rollout,
        evidence(rollout, { verdict: verdict('harmful') }),
        facts({ braked: { reason: 'again', blames: 'canary' } }),
      ),
    ).toBeNull();
  });
});
