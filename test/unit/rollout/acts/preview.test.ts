import { describe, expect, it } from 'vitest';
import { type Change, eventOf, rebasedOn } from '../../../../src/rollout/acts/deed.ts';
import { previewOf, previewOfRetry, previewOfSame, refusedPreview } from '../../../../src/rollout/acts/preview.ts';
import { announce } from '../../../../src/rollout/announce.ts';
import { type Evidence, noEvidence, resetEvidence } from '../../../../src/rollout/evidence.ts';
import type { Rollout } from '../../../../src/rollout/state.ts';
import { transition } from '../../../../src/rollout/transition.ts';
import type { ListedRule } from '../../../../src/split/order.ts';
import { verdictOf } from '../../../support/fake-control.ts';
import { apply, context, policyOf, rolloutIn, T0 } from '../../../support/rollouts.ts';

/** Twenty requests a second in the last minutes, seen a moment before. */
const TWENTY = { traffic: { requests: 6_000, ms: 300_000 }, fedAt: T0 };
const EDITED = policyOf({ bake: { dwell: '9m' } });

interface Around {
  readonly listed?: readonly ListedRule[];
  readonly traffic?: Partial<Evidence['judge']>;
  readonly at?: number;
}

/** By the real transition and announcement, for a console that takes everything and a pager that takes no notes. */
function told(rollout: Rollout, deed: Change, { listed = [], traffic = TWENTY, at = T0 + 1_000 }: Around = {}) {
  const seen = noEvidence(rollout.policy, T0);
  const evidence = { ...seen, judge: { ...seen.judge, ...traffic } };
  const event = deed.verb === 'rebase' ? rebasedOn({ policy: EDITED, digest: 'sha256:second' }) : eventOf(deed);
  const given = context({ at });
  const moved = transition(rollout, event, given);
  if (moved.kind === 'refused') throw new Error(moved.reason);
  const messages = announce(rollout, moved.rollout, { event, ...given }, evidence);
  const deliveries = messages.flatMap((message) => [
    { channel: 'console', message },
    ...(message.kind === 'note' ? [] : [{ channel: 'pagerduty', message }]),
  ]);
  const after = moved.rollout;
  const kept = resetEvidence(evidence, moved.evidence, after, at);
  return previewOf({ deed, event, before: { rollout, evidence }, after, evidence: kept, deliveries, listed, at });
}

const LISTED: readonly ListedRule[] = [
  { name: 'acme', rule: 'canary' },
  { name: 'globex', rule: 'stable' },
  { name: 'initech', rule: 'by-weight' },
];

describe('a rollback', () => {
  it('says the share and the rate that move, whom the list moves, the drain, the blame, the messages and the way back', () => {
    const rollout = apply(rolloutIn('step-1'), { kind: 'undecidedTooLong', reason: 'undecided for 3m' });
    const preview = told(rollout, { verb: 'rollback' }, { listed: LISTED });
    expect(preview.says).toEqual([
      'v2 of payments is rolled back from step-1, and the rollout is over.',
      '10% of the requests that no rule decides, about 2 a second, go from v2 to v1 at once; v1 serves everybody then.',
      'acme, who is listed, gets v1 then.',
      'Requests that v2 has begun end there; tunnels and event streams that are still open to it are closed after 30s. No request can force it any more.',
      'v2 is blamed: starting it again takes --force. To blame nobody, abort instead.',
      'The page that is open is resolved: console and pagerduty.',
      'A note goes out: console.',
      'Nobody is paged.',
      'It cannot be undone: retry begins a new attempt, from the internal phase.',
    ]);
    expect(preview).toMatchObject({
      version: rollout.version,
      refused: null,
      requestsPerSecond: 2,
      consumers: [{ name: 'acme', to: 'stable' }],
      drainMs: 30_000,
      messages: [
        { kind: 'resolve', channel: 'console' },
        { kind: 'resolve', channel: 'pagerduty' },
        {
          kind: 'note',
          channel: 'console',
          summary: 'payments: v2 rolled back by ada at 10%, v1 serves 100%: “because”',
        },
      ],
    });
    expect(preview.after).toEqual({
      version: rollout.version + 1,
      attempt: 1,
      stage: 'rolled-back',
      nextStage: null,
      canaryBps: 0,
      canaryWeight: '0%',
      active: false,
      paused: false,
    });
  });

  it('moves all of it from the bake, and only what a ramp had given by then', () => {
    expect(told(rolloutIn('bake'), { verb: 'abort' })).toMatchObject({ requestsPerSecond: 20 });
    const ramped = policyOf({ ramp: '2m', judge: { warmUp: '4m' } });
    const step = rolloutIn('step-2', ramped);
    const at = step.stageEnteredAt + 1_000;
    // The first of eight moves from 10 % to 50 %.
    expect(told(step, { verb: 'abort' }, { at })).toMatchObject({ requestsPerSecond: 3 });
  });

  it('counts nothing that a ramp goes on to give, but what ends the ramp', () => {
    const ramped = policyOf({ ramp: '2m', judge: { warmUp: '4m' } });
    const bake = rolloutIn('bake', ramped);
    const at = bake.stageEnteredAt + 1_000;
    const paused = told(bake, { verb: 'pause' }, { at });
    expect([paused.requestsPerSecond, paused.says[2]]).toEqual([0, 'The share of each version stays as it is.']);
    // The first of eight moves from 50 % to 100 %.
    const full = told(bake, { verb: 'promote', full: true, repair: false }, { at });
    expect(full.requestsPerSecond).toBeCloseTo(20 * 0.4375, 9);
    expect(full.says[1]).toMatch(/ go from v1 to v2 at once; v2 serves everybody then\.$/);
  });

  it('leaves listed consumers where they are when the weight goes to 0%', () => {
    const preview = told(rolloutIn('step-1'), { verb: 'weight', canaryBps: 0 }, { listed: LISTED });
    expect(preview.consumers).toEqual([]);
    expect(preview.says[1]).toBe(
      '10% of the requests that no rule decides, about 2 a second, go from v2 to v1 at once.',
    );
  });

  it('blames nobody where it is an abort', () => {
    const { says } = told(rolloutIn('step-1'), { verb: 'abort' });
    expect(says).toContain('Nobody is blamed.');
    expect(says.join()).not.toContain('--force');
  });

  it('says that the rate is not known where it was not measured lately, and that nothing comes where nothing does', () => {
    const late = told(rolloutIn('step-1'), { verb: 'rollback' }, { at: T0 + 200_000 });
    expect(late.requestsPerSecond).toBeNull();
    expect(late.says).toContain('It is not known how many requests a second that is.');
    const quiet = told(
      rolloutIn('step-1'),
      { verb: 'rollback' },
      { traffic: { ...TWENTY, traffic: { requests: 0, ms: 60_000 } } },
    );
    expect([quiet.requestsPerSecond, quiet.says.includes('No requests came lately.')]).toEqual([0, true]);
  });

  it('prefers the pace under the present split to that of all splits', () => {
    const pace = { canary: 60, stable: 540, ms: 60_000, blocks: 12 };
    expect(told(rolloutIn('step-1'), { verb: 'rollback' }, { traffic: { ...TWENTY, pace } }).requestsPerSecond).toBe(1);
  });

  it('claims nothing about traffic that Serin does not move', () => {
    const advised: Rollout = { ...rolloutIn('step-1'), router: 'none' };
    const preview = told(advised, { verb: 'rollback' });
    expect(preview.says[1]).toBe('Serin does not move the traffic of this route: take all of it off v2 yourself.');
    expect([preview.requestsPerSecond, preview.drainMs]).toEqual([null, null]);
  });
});

describe('going on', () => {
  it('is an advance with its share, its dwell, and no way back to a stage', () => {
    const preview = told(rolloutIn('step-1'), { verb: 'advance', to: 'step-2' });
    expect(preview.says).toEqual([
      'v2 goes from step-1 to step-2 without waiting for what step-1 still needs.',
      '40% of the requests, about 8 a second, go from v1 to v2 at once.',
      'The dwell of step-2 is 2m; what was seen against v2 before counts on.',
      'A note goes out: console.',
      'Nobody is paged.',
      'No stage can be gone back to: rollback or abort takes everything off v2.',
    ]);
    expect(preview.drainMs).toBeNull();
  });

  it('takes the time of a ramp', () => {
    const ramped = policyOf({ ramp: '2m', judge: { warmUp: '4m' } });
    const { says } = told(rolloutIn('internal', ramped), { verb: 'advance', to: 'step-1' });
    expect(says[1]).toBe('10% of the requests, about 2 a second, go from v1 to v2 in moves over 2m.');
  });

  it('says of a paused one that it stays paused', () => {
    const paused = apply(rolloutIn('step-1'), { kind: 'paused' });
    const preview = told(paused, { verb: 'advance', to: 'step-2' });
    expect(preview.says).toContain('It stays paused: nothing advances by itself until it is resumed.');
    expect(preview.after?.paused).toBe(true);
  });

  it('to everybody moves whom a list kept, and is uncounted where most are ruled', () => {
    const policy = policyOf({ consumers: { default: 'stable' } });
    const preview = told(
      rolloutIn('step-1', policy),
      { verb: 'promote', full: false, repair: false },
      { listed: LISTED },
    );
    expect(preview.consumers).toEqual([{ name: 'globex', to: 'canary' }]);
    expect(preview.says).toEqual(
      expect.arrayContaining(['globex, who is listed, gets v2 then.', 'All clients that are not listed get v2 then.']),
    );
    expect(preview.requestsPerSecond).toBeNull();
  });

  it('is a promotion that is finalised by itself, or by a person, and is told as a change', () => {
    const full = { verb: 'promote', full: true, repair: false } as const;
    const preview = told(rolloutIn('bake'), full);
    expect(preview.says).toEqual([
      'v2 is promoted from bake to 100%, without waiting for the end of the bake.',
      'The share of each version stays as it is.',
      'The promotion is told as a change: console and pagerduty.',
      'Nobody is paged.',
      'Pages about earlier rollouts of payments that are open are resolved after it.',
      'Until it is finalised, rollback takes everything back to v1; it is finalised by itself at the next look, and there is no way back then.',
    ]);
    const byHand = told(rolloutIn('step-1', policyOf({ finalise: 'manual' })), { ...full, repair: true });
    expect(byHand.says).toContain('It is recorded as the repair of v1.');
    expect(byHand.says.at(-1)).toBe(
      'Until it is finalised, rollback takes everything back to v1; a person finalises it.',
    );
  });

  it('is a finalisation that moves nothing and drains nothing', () => {
    const preview = told(rolloutIn('promoted'), { verb: 'finalise' }, { listed: LISTED });
    expect(preview).toMatchObject({ requestsPerSecond: 0, consumers: [], drainMs: null });
    expect(preview.says.slice(0, 3)).toEqual([
      'v2 becomes the stable of payments, and the rollout is over.',
      'v1 (http://127.0.0.1:9001/) gets nothing any more, and may be decommissioned.',
      'The share of each version stays as it is.',
    ]);
  });
});

describe('within a stage', () => {
  const first = (rollout: Rollout, deed: Change) => told(rollout, deed).says[0];

  it.each<[Change, string, string]>([
    [
      { verb: 'pause' },
      'payments stays in step-1 at 10%: nothing advances until it is resumed, and the time until then is no dwell.',
      'It can be taken back by resume.',
    ],
    [
      { verb: 'weight', canaryBps: 250 },
      'The weight of step-1 is 2.5% instead of 10%.',
      'It can be taken back by weight 10%.',
    ],
    [
      { verb: 'extend', byMs: 1_800_000 },
      'The dwell of step-1 is 31m instead of 1m.',
      'It can be made shorter again by restore; advance ends the stage at once.',
    ],
    [
      { verb: 'skip', check: 'p99' },
      'p99 counts no more in any stage that is left: it neither rolls v2 back nor keeps a step from passing.',
      'The check can be counted again by restore.',
    ],
    [
      { verb: 'rebase' },
      'payments goes on in step-1 under two-steps as its file is now.',
      'Restore puts the policy back; what was seen so far is gone.',
    ],
  ])('%j says what it does, and the way back', (deed, says, back) => {
    const preview = told(rolloutIn('step-1'), deed);
    expect([preview.says[0], preview.says.at(-1)]).toEqual([says, back]);
  });

  it('a pause says what becomes of harm under the policy', () => {
    const spoken = (policy = policyOf()) => told(rolloutIn('step-1', policy), { verb: 'pause' }).says[1];
    expect(spoken()).toBe('Harm still rolls it back.');
    expect(spoken(policyOf({ onHarm: 'hold' }))).toContain('onHarm: hold');
    expect(spoken(policyOf({ dryRun: true }))).toContain('dryRun');
  });

  it('a resume gives a held weight back, or puts harm aside', () => {
    const withdrawn = apply(rolloutIn('step-2'), { kind: 'faultFollowedIncrease', reason: 'both fail' });
    const held = apply(withdrawn, { kind: 'faultOutlastedWithdrawal', reason: 'it goes on' });
    expect(told(held, { verb: 'resume' })).toMatchObject({
      requestsPerSecond: 8,
      after: { canaryWeight: '50%', paused: false },
    });
    const harmed = apply(rolloutIn('step-2'), { kind: 'harmHeld', reason: 'errors', verdict: verdictOf() });
    expect(told(harmed, { verb: 'resume' }).says).toContain(
      'The harm that was found is put aside: the evidence begins anew.',
    );
  });

  it('a stage that only a person ends is not said to go on by itself', () => {
    const paused = (policy = policyOf(), stage = 'step-1') => apply(rolloutIn(stage, policy), { kind: 'paused' });
    expect(first(paused(), { verb: 'resume' })).toContain('advances by itself');
    expect(first(paused(policyOf({ dryRun: true })), { verb: 'resume' })).toContain('which a person ends with advance');
    expect(first(paused(policyOf({ finalise: 'manual' }), 'promoted'), { verb: 'resume' })).toContain(
      'a person finalises',
    );
  });

  it('a gate names those that stay closed, and an extension of what has no dwell does nothing', () => {
    const internal = rolloutIn('internal', policyOf({ internal: { gates: ['tests', 'security'] } }));
    expect(first(internal, { verb: 'gate', gate: 'tests' })).toBe(
      'Gate tests of internal is open then; security stays closed.',
    );
    expect(first(rolloutIn('promoted'), { verb: 'extend', byMs: 1_000 })).toBe(
      'Nothing waits longer: promoted has no dwell.',
    );
  });

  it('a rebase begins the evidence anew', () => {
    expect(told(rolloutIn('step-1'), { verb: 'rebase' }).says).toContain(
      'The evidence and the dwell of the stage begin anew.',
    );
  });
});

describe('what is no change of the rollout', () => {
  it('is a refusal with nothing else', () => {
    expect(refusedPreview(7, 'it is paused already')).toEqual({
      version: 7,
      refused: 'it is paused already',
      says: [],
      after: null,
      requestsPerSecond: null,
      consumers: [],
      drainMs: null,
      messages: [],
    });
  });

  it('is a new attempt, or none where the same runs', () => {
    const ended = { rollout: rolloutIn('rolled-back'), evidence: noEvidence(policyOf(), T0) };
    const started = { ...rolloutIn('internal'), attempt: 2 };
    const retry = previewOfRetry(ended, started, []);
    expect(retry).toMatchObject({
      version: ended.rollout.version,
      after: { stage: 'internal', attempt: 2, canaryBps: 0 },
    });
    expect(retry.says[0]).toBe(
      'v2 is rolled out on payments again, as attempt 2, under two-steps as its file is now and with fresh evidence.',
    );
    expect(previewOfSame(ended, rolloutIn('step-1'))).toMatchObject({ after: { stage: 'step-1' }, messages: [] });
  });
});
