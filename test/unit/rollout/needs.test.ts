import { describe, expect, it } from 'vitest';
import type { StepCondition, Verdict } from '../../../src/judge/verdict.ts';
import { decide } from '../../../src/rollout/decide.ts';
import type { Evidence } from '../../../src/rollout/evidence.ts';
import { needsNow, needsOf } from '../../../src/rollout/needs/needs.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { evidence, facts, MINUTE, verdict } from '../../support/decisions.ts';
import { apply, policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

const FORCED = { requests: 5, errors: 0 };
const internal = apply(rolloutIn('internal'), { kind: 'gatePassed', gate: 'integration-tests' });
const gated = rolloutIn('step-1', policyOf({ steps: [{ weight: '10%', dwell: '1m', gates: ['approval'] }] }));
const step = apply(gated, { kind: 'gatePassed', gate: 'approval' });

const isMet = (name: StepCondition['what'], met = true): StepCondition => ({
  what: name,
  met,
  says: `${name} is told`,
});
const judged = (name: Verdict['name'], ...conditions: readonly StepCondition[]): Verdict => ({
  ...verdict(name),
  conditions,
});
const at = (rollout: Rollout, parts: Partial<Evidence>) => ({ rollout, seen: evidence(rollout, parts) });

/** Stages that end at the next decision. */
const ready = {
  internal: at(internal, { forced: FORCED, verdict: verdict('undecided') }),
  step: at(step, { verdict: judged('at-parity', isMet('parity')) }),
  bake: at(rolloutIn('bake'), { verdict: verdict('undecided') }),
  promoted: at(rolloutIn('promoted'), {}),
};
type ReadyStage = keyof typeof ready;

const paused = { at: T0, by: 'mira', reason: 'index rebuild' };
const withdrawal = { at: T0, fromBps: 5_000, phase: 'held' } as const;

/** One thing that is taken away from a stage that was ready, and what then is the only need that is open. */
const LACKS: readonly [ReadyStage, Partial<Rollout>, Partial<Evidence>, string, string][] = [
  ['step', { paused }, {}, 'pause', 'paused by mira until somebody resumes it: “index rebuild”'],
  ['promoted', { paused }, {}, 'pause', 'paused by mira until somebody resumes it: “index rebuild”'],
  [
    'step',
    { withdrawal },
    {},
    'withdrawal',
    'its 50% was taken back to 10% because the route failed as a whole; a person gives it back by resume',
  ],
  ['step', {}, { appliedAt: null }, 'split', 'the split of this stage has not been seen applied yet'],
  ['step', {}, { dwellMs: 59_000 }, 'dwell', 'dwell: 59 s of 60 s, 1 s to go'],
  ['bake', { extraDwellMs: 120 * MINUTE }, {}, 'dwell', 'dwell: 60 min of 2 h, 61 min to go'],
  ['step', { gatesPassed: [] }, {}, 'gate', 'gate approval: not passed yet'],
  ['internal', { gatesPassed: [] }, {}, 'gate', 'gate integration-tests: not passed yet'],
  ['internal', {}, { forced: { requests: 4, errors: 0 } }, 'forced', '4 of 5 forced requests, 0 failed, 0 allowed'],
  ['internal', {}, { verdict: null }, 'checks', 'nothing has been looked at yet'],
  ['internal', {}, { verdict: verdict('suspect') }, 'checks', 'it is suspect'],
  ['step', {}, { verdict: null }, 'parity', 'nothing has been looked at in this step yet'],
  ['step', {}, { verdict: verdict('undecided') }, 'parity', 'it is undecided'],
  ['step', {}, { verdict: verdict('suspect') }, 'harm', 'it is suspect'],
  ['step', {}, { verdict: verdict('shared-fault') }, 'fault', 'it is shared-fault'],
  ['step', {}, { verdict: verdict('blind') }, 'sight', 'it is blind'],
  ['step', {}, { verdict: judged('undecided', isMet('harm'), isMet('parity', false)) }, 'parity', 'parity is told'],
  // A verdict that contradicts its conditions decides.
  ['step', {}, { verdict: judged('undecided', isMet('parity')) }, 'parity', 'it is undecided'],
  ['bake', {}, { verdict: null }, 'sight', 'nothing has been looked at in this stage yet'],
  ['bake', {}, { verdict: verdict('blind') }, 'sight', 'it is blind'],
  ['bake', {}, { verdict: verdict('shared-fault') }, 'fault', 'it is shared-fault'],
];

const openIn = (rollout: Rollout, seen: Evidence) => needsOf(rollout, seen, facts()).filter(({ met }) => !met);

describe('needsOf', () => {
  it.each(Object.entries(ready))('has nothing open in a %s that ends', (_, { rollout, seen }) => {
    expect(openIn(rollout, seen)).toEqual([]);
    expect(decide(rollout, seen, facts())?.kind).toMatch(/^(internal|step|bake)Passed$|^rolloutFinalised$/);
  });

  it.each(LACKS)('%s: each thing alone keeps it, and is said (%#)', (stage, ofRollout, ofEvidence, what, says) => {
    const { rollout, seen } = ready[stage];
    const lacking = { ...rollout, ...ofRollout };
    const short = { ...seen, ...ofEvidence };
    expect(openIn(lacking, short)).toEqual([{ what, met: false, says }]);
    expect(decide(lacking, short, facts())).toBeNull();
  });

  it('says where only a person ends a stage', () => {
    const steps = [
      { consumers: 'listed' as const, dwell: '1m' },
      { weight: '20%', dwell: '1m' },
    ];
    const dry = policyOf({ dryRun: true });
    const none = (stage: string, policy = policyOf()) => ({ ...rolloutIn(stage, policy), router: 'none' as const });
    const byHand = [
      [rolloutIn('step-1', policyOf({ steps })), 'only listed consumers reach the canary'],
      [rolloutIn('bake', dry), 'spec.dryRun is set, so guards report only'],
      [none('bake'), 'another router makes the split'],
      [rolloutIn('promoted', policyOf({ finalise: 'manual' })), 'the policy says finalise: manual'],
    ] as const;
    for (const [rollout, says] of byHand) {
      const open = openIn(rollout, evidence(rollout, { verdict: verdict('undecided') }));
      expect(open).toEqual([{ what: 'person', met: false, says: expect.stringContaining(says) }]);
    }
    expect(openIn({ ...none('internal'), gatesPassed: ['integration-tests'] }, evidence(internal))).toEqual([]);
  });

  it('tells what checks say of the internal phase, and what forced requests were answered', () => {
    const reserved = (kind: 'holds' | 'waits' | 'tells') => ({
      ...verdict('undecided'),
      reservations: [{ kind, check: 'answers', reason: `it ${kind}` } as const],
    });
    const said = (parts: Partial<Evidence>) =>
      needsOf(internal, evidence(internal, { forced: FORCED, ...parts }), facts());
    expect(said({ verdict: reserved('holds') }).at(-1)).toMatchObject({
      what: 'checks',
      met: false,
      says: 'held until a person advances it: it holds',
    });
    expect(said({ verdict: reserved('waits') }).at(-1)).toMatchObject({ met: false, says: 'it waits' });
    expect(said({ verdict: reserved('tells') }).at(-1)).toMatchObject({
      met: true,
      says: 'no check keeps it in the internal phase: it tells',
    });
    const answers = [{ endpoint: 'GET /cart', status: 404, requests: 5, past: [0, 0, 0, 0, 0, 0] }];
    const open = said({ forced: { ...FORCED, answers }, verdict: verdict('undecided') }).filter(({ met }) => !met);
    expect(open).toMatchObject([{ what: 'answers', says: expect.stringContaining('nothing shows that the canary') }]);
  });

  it('names what is decided first where the stage itself needs nothing more', () => {
    const { rollout, seen } = ready.step;
    const braked = { reason: '20 failures in a row', blames: 'canary' } as const;
    expect(needsOf(rollout, seen, facts({ braked })).filter(({ met }) => !met)).toEqual([
      { what: 'decision', met: false, says: 'decided first: 20 failures in a row' },
    ]);
    const fault = { ...ready.internal.seen, verdict: verdict('shared-fault'), faultSince: T0 - 10 * MINUTE };
    expect(openIn(internal, fault)).toMatchObject([
      { what: 'decision', says: expect.stringContaining('it is shared') },
    ]);
  });

  it('does not take an open page for a reason to stay', () => {
    const { rollout, seen } = ready.step;
    const open = { ...rollout, openPage: 'undecided' as const };
    expect(needsOf(open, seen, facts()).at(-1)).toEqual({
      what: 'page',
      met: true,
      says: 'a page is open (undecided), which by itself does not keep the stage',
    });
    expect(decide(open, seen, facts())?.kind).toBe('stepPassed');
  });

  it('has nothing for a rollout that has ended, and for a canary that does not answer that alone', () => {
    const ended = rolloutIn('rolled-back');
    expect(needsOf(ended, evidence(ended), facts())).toEqual([]);
    const first = rolloutIn('preflight');
    expect(needsOf(first, evidence(first), facts({ preflightFailure: 'it answered 503' }))).toEqual([
      { what: 'canary', met: false, says: 'it answered 503' },
    ]);
  });
});

describe('needsNow', () => {
  const { rollout, seen } = ready.step;
  const now = (beside: Partial<Parameters<typeof needsNow>[1]>) =>
    needsNow({ rollout, evidence: seen }, { look: null, unrecorded: null, ...beside }).filter(({ what }) =>
      ['look', 'record'].includes(what),
    );

  it('says how old the look is, and keeps the stage while looks fail', () => {
    expect(now({ look: { agoMs: 3_000, overdueMs: 15_000, failures: 0, trouble: null } })).toEqual([
      { what: 'look', met: true, says: 'looked 3 s ago' },
    ]);
    expect(
      now({ look: { agoMs: 240_000, overdueMs: 15_000, failures: 48, trouble: 'The database cannot answer' } }),
    ).toEqual([
      {
        what: 'look',
        met: false,
        says: 'looked 4 min ago; the 48 looks since then have failed: The database cannot answer',
      },
    ]);
  });

  it('says what was done and is not recorded yet, and nothing of a rollout that has ended', () => {
    expect(now({ unrecorded: { by: 'serin', role: 'serin', reason: 'the brake was pulled' } })).toEqual([
      { what: 'record', met: false, says: 'not recorded yet: the brake was pulled' },
    ]);
    const ended = rolloutIn('aborted');
    const look = { agoMs: 3_000, overdueMs: 15_000, failures: 0, trouble: null };
    expect(needsNow({ rollout: ended, evidence: evidence(ended) }, { look, unrecorded: null })).toEqual([]);
  });

  it('asks the addresses of the canary anew', () => {
    const first = rolloutIn('preflight');
    expect(needsNow({ rollout: first, evidence: evidence(first) }, { look: null, unrecorded: null })).toEqual([
      { what: 'canary', met: false, says: 'every canary address has to answer' },
    ]);
  });
});
