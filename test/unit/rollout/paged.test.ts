import { describe, expect, it } from 'vitest';
import type { Verdict, VerdictName } from '../../../src/judge/verdict.ts';
import { decide } from '../../../src/rollout/decide.ts';
import type { OverrideEvent } from '../../../src/rollout/event.ts';
import { type Evidence, noEvidence } from '../../../src/rollout/evidence.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { apply, happening, policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

const MINUTE = 60_000;
const START = T0 + 1_000;

function verdict(name: VerdictName, highMs: number | null = null): Verdict {
  const parity = highMs === null ? null : { lowMs: 1, highMs, at: [] };
  return {
    name,
    reason: `it is ${name}`,
    logEvidence: 0,
    logThreshold: 6.9,
    logHold: 3,
    findings: [],
    worst: null,
    needs: null,
    forecast: parity && { parity, doublingMs: null, says: 'parity' },
  };
}

const evidence = (rollout: Rollout, over: Partial<Evidence>): Evidence => ({
  ...noEvidence(rollout.policy, T0),
  appliedAt: START,
  dwellMs: 60 * MINUTE,
  ...over,
});

/** A look at a time: the rollout after it, and whether a person was paged. */
function look(rollout: Rollout, at: number, over: Partial<Evidence>): { rollout: Rollout; paged: boolean } {
  const event = decide(rollout, evidence(rollout, over), { at, braked: null, preflightFailure: null });
  if (event === null) return { rollout, paged: false };
  const { actor } = happening(event);
  const after = apply(rollout, event, { at, actor, reason: '' });
  return { rollout: after, paged: after.openPage !== null && rollout.openPage === null };
}

/** How often somebody is paged when each override is followed by a look, 5 s apart. */
function pages(rollout: Rollout, from: number, over: Partial<Evidence>, overrides: readonly OverrideEvent[]): number {
  let at = from;
  let seen = look(rollout, at, over);
  let count = Number(seen.paged);
  for (const event of overrides) {
    const acted = apply(seen.rollout, event, { at });
    at += 5_000;
    seen = look(acted, at, over);
    count += Number(seen.paged);
  }
  return count;
}

describe('paged once for a cause', () => {
  const step = rolloutIn('step-1');
  const late = START + 3 * MINUTE + 1;

  it('undecided: overrides that do not clear it page nobody again', () => {
    const overrides = [
      { kind: 'paused' },
      { kind: 'resumed' },
      { kind: 'checkSkipped', check: 'p99' },
      { kind: 'weightSet', canaryBps: 2_000 },
    ] as const;
    expect(pages(step, late, { verdict: verdict('undecided') }, overrides)).toBe(1);
  });

  it('undecided: an extension gives it more time, after which it is told again', () => {
    const undecided = { verdict: verdict('undecided') };
    const told = look(step, late, undecided).rollout;
    const extended = apply(told, { kind: 'extended', byMs: MINUTE }, { at: late });
    expect(look(extended, late + 5_000, undecided).paged).toBe(false);
    expect(look(extended, START + 6 * MINUTE + 1, undecided).paged).toBe(true);
    const barely = apply(told, { kind: 'extended', byMs: 1 }, { at: late });
    expect(look(barely, late + 5_000, undecided).paged).toBe(true);
  });

  it('suspect: held twice is told twice, held on is told once', () => {
    const rollout = rolloutIn(
      'step-1',
      policyOf({ judge: { maxHold: '20m' }, steps: [{ weight: '10%', dwell: '1d' }] }),
    );
    const held = { verdict: verdict('suspect'), suspectSince: START };
    expect(pages(rollout, START + 21 * MINUTE, held, [{ kind: 'paused' }, { kind: 'resumed' }])).toBe(1);
    const told = apply(look(rollout, START + 21 * MINUTE, held).rollout, { kind: 'checkSkipped', check: 'p99' });
    const again = { ...held, suspectSince: START + 40 * MINUTE };
    expect(look(told, START + 61 * MINUTE, again).paged).toBe(true);
  });

  it.each(['hold', 'pause'] as const)('blind (%s): once for each time that nobody can see', (action) => {
    const rollout = rolloutIn('step-1', policyOf({ blind: { after: '10m', action } }));
    const blind = { verdict: verdict('blind'), blindSince: START };
    const overrides: readonly OverrideEvent[] =
      action === 'pause' ? [{ kind: 'resumed' }] : [{ kind: 'paused' }, { kind: 'resumed' }];
    expect(pages(rollout, START + 10 * MINUTE, blind, overrides)).toBe(1);
    const told = apply(look(rollout, START + 10 * MINUTE, blind).rollout, { kind: 'checkSkipped', check: 'p99' });
    expect(look(told, START + 31 * MINUTE, { ...blind, blindSince: START + 20 * MINUTE }).paged).toBe(true);
  });

  it('blind: a policy that rolls back does so although a person was told before', () => {
    const rollout = rolloutIn('step-1', policyOf({ blind: { after: '10m', action: 'rollback' } }));
    const told = { ...rollout, pagedAt: { blind: START + 9 * MINUTE } };
    const seen = evidence(told, { verdict: verdict('blind'), blindSince: START });
    const event = decide(told, seen, { at: START + 10 * MINUTE, braked: null, preflightFailure: null });
    expect(event).toMatchObject({ kind: 'blindTooLong', action: 'rollback' });
  });
});

describe('every hold is loud', () => {
  const rollout = rolloutIn('step-1', policyOf({ steps: [{ weight: '10%', dwell: '1d' }] }));
  const cause = 'worse:clientErrors';
  const holding = (name: VerdictName, since: number, urgency: 'after-max-hold' | 'at-once' = 'after-max-hold') => ({
    verdict: { ...verdict(name), hold: { cause, check: 'clientErrors', urgency } },
    held: { cause, since },
  });

  it('is paged after maxHold, once for each time that it holds', () => {
    const held = holding('undecided', START);
    expect(look(rollout, START + 5 * MINUTE, held).paged).toBe(false);
    const overrides = [{ kind: 'paused' }, { kind: 'resumed' }, { kind: 'weightSet', canaryBps: 500 }] as const;
    expect(pages(rollout, START + 5 * MINUTE + 1, held, overrides)).toBe(1);
    const told = look(rollout, START + 6 * MINUTE, held).rollout;
    expect(told.openPage).toBe('undecided');
    expect(told.reason).toBe('held for longer than 5m: it is undecided');
    const answered = apply(told, { kind: 'checkSkipped', check: 'p99' });
    // The step is undecided for too long as well, for the same reason.
    expect(look(answered, START + 4 * 1_440 * MINUTE, held).paged).toBe(false);
    expect(look(answered, START + 46 * MINUTE, holding('undecided', START + 40 * MINUTE)).paged).toBe(true);
  });

  it('is paged at once where the check asks for it', () => {
    const { rollout: told, paged } = look(rollout, START + 1, holding('undecided', START, 'at-once'));
    expect([paged, told.reason]).toEqual([true, 'held: it is undecided']);
  });

  it('is not paged in a pause, and not before the look that began it was recorded', () => {
    expect(look(apply(rollout, { kind: 'paused' }), START + 6 * MINUTE, holding('undecided', START)).paged).toBe(false);
    expect(look(rollout, START + 6 * MINUTE, { ...holding('undecided', START), held: null }).paged).toBe(false);
  });

  it.each(['hold', 'pause', 'rollback'] as const)('silence: the policy still does what it says (%s)', (action) => {
    const policy = policyOf({ steps: [{ weight: '10%', dwell: '1d' }], blind: { after: '10m', action } });
    const silent = { ...holding('blind', START), blindSince: START };
    const told = look(rolloutIn('step-1', policy), START + 6 * MINUTE, silent);
    expect(told.paged).toBe(true);
    const event = decide(told.rollout, evidence(told.rollout, silent), {
      at: START + 10 * MINUTE,
      braked: null,
      preflightFailure: null,
    });
    expect(event?.kind).toBe(action === 'hold' ? undefined : 'blindTooLong');
    if (event === null) return;
    const after = apply(told.rollout, event);
    expect([after.stage.kind, after.paused !== null]).toEqual(
      action === 'pause' ? ['step', true] : ['rolled-back', false],
    );
  });
});

describe('nobody is woken for what passes by itself', () => {
  const step = rolloutIn('step-1');
  const late = START + 3 * MINUTE + 1;

  it('waits while parity is expected within as long again, and no longer', () => {
    expect(look(step, late, { verdict: verdict('undecided', 111_000) }).paged).toBe(false);
    expect(look(step, late, { verdict: verdict('undecided', 181_000) }).paged).toBe(true);
    // The estimate does not come true.
    expect(look(step, START + 6 * MINUTE, { verdict: verdict('undecided', 111_000) }).paged).toBe(true);
  });

  it('waits for no estimate where there is evidence of harm', () => {
    expect(look(step, late, { verdict: verdict('suspect', 1_000), suspectSince: late }).paged).toBe(true);
  });

  it('calls no step undecided that has not lasted as long as the policy wants', () => {
    const rollout = rolloutIn('step-1', policyOf({ steps: [{ weight: '10%', dwell: '1s' }] }));
    const undecided = { verdict: verdict('undecided') };
    expect(look(rollout, START + 30_000, undecided).paged).toBe(false);
    expect(look(rollout, START + 61_000, undecided).paged).toBe(true);
  });
});
