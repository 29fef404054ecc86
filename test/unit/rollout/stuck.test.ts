import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/rollout/decide.ts';
import { onSteppedClock, resetEvidence } from '../../../src/rollout/evidence.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { evidence, facts, MINUTE, verdict } from '../../support/decisions.ts';
import { apply, policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

describe('decide: stuck is loud', () => {
  it('pages once when a step stays undecided for longer than three dwells', () => {
    const rollout = rolloutIn('step-1');
    const seen = evidence(rollout, { verdict: verdict('undecided') });
    const late = facts({ at: rollout.stageEnteredAt + 3 * MINUTE + 1 });
    expect(decide(rollout, seen, facts({ at: rollout.stageEnteredAt + 3 * MINUTE }))).toBeNull();
    const event = decide(rollout, seen, late);
    expect(event).toEqual({
      kind: 'undecidedTooLong',
      cause: 'undecided',
      reason: 'undecided for longer than 3m: it is undecided',
    });
    if (event) expect(decide(apply(rollout, event), seen, late)).toBeNull();
  });

  it('gives evidence that was begun anew the time of a stage before it is undecided for too long', () => {
    const rollout = rolloutIn('step-1', policyOf({ undecided: { after: '5m' } }));
    const anew = resetEvidence(evidence(rollout), 'all', rollout, T0 + 30 * MINUTE);
    const seen = { ...anew, appliedAt: T0 + 30 * MINUTE, verdict: verdict('undecided') };
    expect(decide(rollout, seen, facts({ at: T0 + 31 * MINUTE }))).toBeNull();
    expect(decide(rollout, onSteppedClock(seen, MINUTE), facts({ at: T0 + 36 * MINUTE }))).toBeNull();
    expect(decide(rollout, seen, facts({ at: T0 + 35 * MINUTE + 1 }))).toMatchObject({ kind: 'undecidedTooLong' });
  });

  it('pages for what holds, once, where the step is undecided for too long before maxHold is over', () => {
    const rollout = rolloutIn('step-1');
    const hold = { cause: 'no-baseline', check: null, urgency: 'after-max-hold' } as const;
    const since = T0 + 10 * MINUTE;
    const seen = evidence(rollout, { verdict: { ...verdict('undecided'), hold }, held: { cause: hold.cause, since } });
    const at = since + MINUTE;
    const event = decide(rollout, seen, facts({ at }));
    expect(event).toMatchObject({ kind: 'undecidedTooLong', cause: 'hold:no-baseline' });
    if (event === null) throw new Error('nobody was paged');
    const answered = apply(apply(rollout, event, { at }), { kind: 'extended', byMs: 1 }, { at });
    expect(decide(answered, seen, facts({ at: since + 6 * MINUTE }))).toBeNull();
  });

  it('pages for what holds, once, although somebody was told already that the step takes long', () => {
    const rollout = rolloutIn('step-1');
    const open = apply(
      rollout,
      { kind: 'undecidedTooLong', cause: 'undecided', reason: 'slow' },
      { at: T0 + 4 * MINUTE },
    );
    const hold = { cause: 'worse:logs', check: 'logs', urgency: 'after-max-hold' } as const;
    const heldSince = (since: number) =>
      evidence(open, { verdict: { ...verdict('undecided'), hold }, held: { cause: hold.cause, since } });
    const at = T0 + 12 * MINUTE;
    expect(decide(open, heldSince(at - 5 * MINUTE), facts({ at }))).toBeNull();
    const event = decide(open, heldSince(at - 5 * MINUTE - 1), facts({ at }));
    expect(event).toMatchObject({ kind: 'undecidedTooLong', cause: 'hold:worse:logs' });
    if (event === null) throw new Error('nobody was paged');
    const told = apply(open, event, { at });
    // Where it comes and goes meanwhile, it is the same page.
    expect(decide(told, heldSince(at + MINUTE), facts({ at: at + 10 * MINUTE }))).toBeNull();
  });

  it('pages once when evidence holds a step for longer than maxHold, however long the step is', () => {
    const policy = policyOf({ steps: [{ weight: '10%', dwell: '1d' }], judge: { maxHold: '20m' } });
    const rollout = rolloutIn('step-1', policy);
    const since = rollout.stageEnteredAt + 300 * MINUTE;
    const seen = evidence(rollout, { verdict: verdict('suspect'), suspectSince: since });
    expect(decide(rollout, seen, facts({ at: since + 20 * MINUTE }))).toBeNull();
    const late = facts({ at: since + 20 * MINUTE + 1 });
    const event = decide(rollout, seen, late);
    expect(event).toEqual({
      kind: 'undecidedTooLong',
      cause: 'suspect',
      reason: 'suspect for longer than 20m: it is suspect',
    });
    if (event) expect(decide(apply(rollout, event, { at: late.at }), seen, late)).toBeNull();
    expect(decide(rollout, { ...seen, verdict: verdict('undecided'), suspectSince: null }, late)).toBeNull();
  });

  it('has a maxHold of five minutes, and pages for a held step no later than for an undecided one', () => {
    const long = rolloutIn('step-1', policyOf({ steps: [{ weight: '10%', dwell: '1d' }] }));
    const held = { verdict: verdict('suspect'), suspectSince: long.stageEnteredAt };
    const paged = (rollout: Rollout, minutes: number) =>
      decide(rollout, evidence(rollout, held), facts({ at: rollout.stageEnteredAt + minutes * MINUTE + 1 }))?.kind;
    expect([paged(long, 4), paged(long, 5)]).toEqual([undefined, 'undecidedTooLong']);
    expect([paged(rolloutIn('step-1'), 2), paged(rolloutIn('step-1'), 3)]).toEqual([undefined, 'undecidedTooLong']);
  });

  it('pages when the route as a whole fails for longer than maxHold, unless an increase was taken back for it', () => {
    const rollout = { ...rolloutIn('step-1'), increase: null };
    const failing = evidence(rollout, { verdict: verdict('shared-fault'), faultSince: T0 });
    expect(decide(rollout, failing, facts({ at: T0 + 5 * MINUTE }))).toBeNull();
    const late = facts({ at: T0 + 5 * MINUTE + 1 });
    const event = decide(rollout, failing, late);
    expect(event).toEqual({
      kind: 'undecidedTooLong',
      cause: 'shared-fault',
      reason: 'shared-fault for longer than 5m: it is shared-fault',
    });
    if (!event) return;
    const paged = apply(rollout, event, { at: late.at });
    expect(paged.openPage).toBe('shared-fault');
    const answered = { ...paged, openPage: null };
    expect(decide(answered, failing, facts({ at: T0 + 60 * MINUTE }))).toBeNull();
  });

  it.each(['hold', 'pause', 'rollback'] as const)(
    'does what the policy names after it was blind for too long: %s',
    (action) => {
      const rollout = rolloutIn('step-1', policyOf({ blind: { after: '10m', action } }));
      const seen = evidence(rollout, { verdict: verdict('blind'), blindSince: T0 });
      expect(decide(rollout, seen, facts({ at: T0 + 10 * MINUTE - 1 }))).toBeNull();
      const event = decide(rollout, seen, facts({ at: T0 + 10 * MINUTE }));
      expect(event).toEqual({ kind: 'blindTooLong', action, reason: 'blind for 10m: it is blind' });
      if (!event) return;
      const after = apply(rollout, event);
      expect([after.stage.kind, after.paused !== null]).toEqual(
        { hold: ['step', false], pause: ['step', true], rollback: ['rolled-back', false] }[action],
      );
    },
  );
});
