import { describe, expect, it } from 'vitest';
import { type Act, actsOf, likelyDeed, type Surroundings } from '../../../../src/rollout/acts/acts.ts';
import { VERBS, type Verb } from '../../../../src/rollout/acts/deed.ts';
import { SERIN } from '../../../../src/rollout/event.ts';
import { type Evidence, noEvidence } from '../../../../src/rollout/evidence.ts';
import type { RolloutRecord } from '../../../../src/rollout/record.ts';
import type { Rollout } from '../../../../src/rollout/state.ts';
import { verdictOf } from '../../../support/fake-control.ts';
import { apply, policyOf, rolloutIn, T0 } from '../../../support/rollouts.ts';

const EDITED = policyOf({ bake: { dwell: '9m' } });

const around = (over: Partial<Surroundings> = {}): Surroundings => ({
  at: T0 + 1_000,
  policy: { policy: EDITED, digest: 'sha256:second' },
  startRefused: null,
  owed: null,
  ...over,
});

const recordOf = (rollout: Rollout, evidence: Partial<Evidence> = {}): RolloutRecord => ({
  rollout,
  evidence: { ...noEvidence(rollout.policy, T0), ...evidence },
});

const byVerb = (acts: readonly Act[]) => Object.fromEntries(acts.map(({ verb, refused }) => [verb, refused]));
const acts = (rollout: Rollout, over?: Partial<Surroundings>) => byVerb(actsOf(recordOf(rollout), around(over)));
const refusing = (given: Readonly<Record<string, string | null>>) =>
  Object.keys(given).filter((verb) => given[verb] !== null);

describe('acts', () => {
  it('name every verb once, in the order of the list', () => {
    expect(actsOf(recordOf(rolloutIn('step-1')), around()).map(({ verb }) => verb)).toEqual(VERBS);
  });

  it('of a running step are refused for what does not fit it, and say why', () => {
    const given = acts(rolloutIn('step-1'));
    expect(refusing(given)).toEqual(['resume', 'gate', 'finalise', 'retry']);
    expect(given).toMatchObject({
      resume: 'it is not paused',
      gate: 'step-1 has no gates',
      finalise: 'it is in step-1, not promoted',
      retry: 'it still runs; only an ended rollout can be tried again',
    });
  });

  it('of a paused one have resume in the place of pause', () => {
    const given = acts(apply(rolloutIn('step-1'), { kind: 'paused' }));
    expect([given['pause'], given['resume']]).toEqual(['it is paused already', null]);
  });

  it('of an ended one are all refused but retry, which what is known of its start may refuse', () => {
    const ended = rolloutIn('rolled-back');
    expect(refusing(acts(ended))).toEqual(VERBS.filter((verb) => verb !== 'retry'));
    expect(acts(ended, { startRefused: 'v3 runs' })).toMatchObject({
      retry: 'v3 runs',
      pause: 'the rollout has ended: rolled-back',
    });
  });

  it('name the consumers that an advance out of a consumer step waits for', () => {
    const policy = policyOf({ consumers: { default: 'stable' }, steps: [{ consumers: 'listed', dwell: '14d' }] });
    const step = rolloutIn('step-1', policy);
    const left = { needsOld: { listed: ['acme'], unlisted: null } };
    expect(acts(step, left)['advance']).toMatch(/^1 listed consumer still needs v1: acme; move them first/);
    expect(acts(step)['advance']).toBeNull();
  });

  it('read the policy for rebase, and say why it cannot be read before anything else', () => {
    const same = { policy: policyOf(), digest: 'sha256:first' };
    expect(acts(rolloutIn('step-1'), { policy: same })['rebase']).toBe('the policy has not changed');
    const unread = { refused: 'there is no policy two-steps' };
    expect(acts(rolloutIn('aborted'), { policy: unread })['rebase']).toBe('there is no policy two-steps');
  });

  it('are those of what the gateway has done, also before it is recorded', () => {
    const event = { kind: 'canaryBraked', reason: '20 failures in a row' } as const;
    const owed = { event, at: T0, actor: SERIN, reason: '' };
    expect(acts(rolloutIn('step-1'), { owed })).toMatchObject({
      advance: 'the rollout has ended: rolled-back',
      retry: 'it still runs; only an ended rollout can be tried again',
    });
  });
});

describe('what a verb is tried with', () => {
  const likely = (verb: Verb, rollout: Rollout, evidence?: Partial<Evidence>) =>
    likelyDeed(verb, recordOf(rollout, evidence));

  it('is the next stage, and 100% without the bake once the bake is on', () => {
    expect(likely('advance', rolloutIn('step-2'))).toMatchObject({ to: 'bake' });
    expect(likely('promote', rolloutIn('step-2'))).toMatchObject({ full: false });
    expect(likely('promote', rolloutIn('bake'))).toMatchObject({ full: true });
    expect(acts(rolloutIn('bake'))['promote']).toBeNull();
  });

  it('is half of the weight, and the weight of the step where there is none', () => {
    expect(likely('weight', rolloutIn('step-1'))).toMatchObject({ canaryBps: 500 });
    const none = apply(rolloutIn('step-1'), { kind: 'weightSet', canaryBps: 0 });
    expect(likely('weight', none)).toMatchObject({ canaryBps: 1_000 });
    const least = apply(rolloutIn('step-1'), { kind: 'weightSet', canaryBps: 1 });
    expect(likely('weight', least)).toMatchObject({ canaryBps: 0 });
  });

  it('is the check that the verdict rests on, else the first that counts', () => {
    const step = rolloutIn('step-1');
    expect(likely('skip', step, { verdict: verdictOf({ worst: 'p99' }) })).toMatchObject({ check: 'p99' });
    const without = apply(step, { kind: 'checkSkipped', check: 'p99' });
    expect(likely('skip', without, { verdict: verdictOf({ worst: 'p99' }) })).toMatchObject({ check: 'errors' });
  });

  it('is the first closed gate, else one that is open', () => {
    const policy = policyOf({ internal: { gates: ['tests', 'security'] } });
    const one = apply(rolloutIn('internal', policy), { kind: 'gatePassed', gate: 'tests' });
    expect(likely('gate', one)).toMatchObject({ gate: 'security' });
    const both = apply(one, { kind: 'gatePassed', gate: 'security' });
    expect(acts(both)['gate']).toBe('gate tests is open already');
  });
});
