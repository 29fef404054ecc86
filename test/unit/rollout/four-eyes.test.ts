import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditDraft } from '../../../src/controller/commit.ts';
import { replay } from '../../../src/controller/replay.ts';
import type { Protectable } from '../../../src/policy/schema.ts';
import { previewOf } from '../../../src/rollout/acts/preview.ts';
import { announce } from '../../../src/rollout/announce.ts';
import { decide } from '../../../src/rollout/decide.ts';
import type { Actor, OverrideEvent } from '../../../src/rollout/event.ts';
import { noEvidence } from '../../../src/rollout/evidence.ts';
import { justAsked, ordered } from '../../../src/rollout/eyes/asked.ts';
import { whyOne } from '../../../src/rollout/eyes/person.ts';
import { needsNow } from '../../../src/rollout/needs/needs.ts';
import type { AuditDraft } from '../../../src/rollout/record.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { begin, transition } from '../../../src/rollout/transition.ts';
import { policyOf, startedEvent, T0 } from '../../support/rollouts.ts';

const MINUTE = 60_000;
const tokenOf = (name: string, more: Partial<Actor> = {}): Actor => ({
  name,
  role: 'operator',
  via: 'token',
  subject: `token:${name}`,
  madeAt: T0 - MINUTE,
  ...more,
});
const [ann, bob, cleo] = [tokenOf('ann'), tokenOf('bob'), tokenOf('cleo')];

const policy = policyOf({
  internal: { requests: 5, maxErrors: 0, gates: [{ name: 'owner', approval: { by: 2, notStarter: true } }, 'tests'] },
  protect: { verbs: ['promote --full', 'skip', 'weight', 'rebase'] },
});

/** As the controller does it: the order becomes an event, which happens or is refused with a sentence. */
function order(rollout: Rollout, event: OverrideEvent, actor: Actor, at = T0 + MINUTE): Rollout | string {
  const moved = transition(rollout, ordered(rollout, event, at), { at, actor, reason: `as ${actor.name} says` });
  return moved.kind === 'moved' ? moved.rollout : moved.reason;
}
function done(rollout: Rollout, event: OverrideEvent, actor: Actor, at?: number): Rollout {
  const after = order(rollout, event, actor, at);
  if (typeof after === 'string') throw new Error(after);
  return after;
}
const started = (by: Actor = ann) =>
  done0(transition(begin(startedEvent(policy), T0, { by, reason: 'new' }), { kind: 'preflightPassed' }, at(ann)));
const at = (actor: Actor) => ({ at: T0, actor, reason: 'x' });
function done0(moved: ReturnType<typeof transition>): Rollout {
  if (moved.kind === 'refused') throw new Error(moved.reason);
  return moved.rollout;
}
const inStep = () =>
  ['owner', 'tests'].reduce(
    (rollout, gate) =>
      gate === 'owner'
        ? done(done(rollout, { kind: 'gatePassed', gate }, bob), { kind: 'gatePassed', gate }, cleo)
        : done(rollout, { kind: 'gatePassed', gate }, bob),
    started(),
  );
const stepOne = () => done(inStep(), { kind: 'advanced', to: 'step-1' }, bob);
const OWNER = { kind: 'gatePassed', gate: 'owner' } as const;
const gateNeed = (rollout: Rollout) =>
  needsNow({ rollout, evidence: noEvidence(policy, T0) }, { look: null, unrecorded: null }).find(
    ({ what, says }) => what === 'gate' && says.includes('owner'),
  );

describe('a gate that two people approve', () => {
  it('opens with the second, and says how many it has', () => {
    const first = done(started(), OWNER, bob);
    expect(first.gatesPassed).toEqual([]);
    expect(gateNeed(first)).toMatchObject({
      met: false,
      says: 'gate owner: 1 of 2 approvals (bob), none by who started it',
    });
    const second = done(first, OWNER, cleo);
    expect(second.gatesPassed).toEqual(['owner']);
    expect(gateNeed(second)).toMatchObject({ met: true });
  });

  it('counts nobody twice: not by another name, a token of their own making, nor one that was made for it', () => {
    const first = done(started(), OWNER, bob);
    expect(order(first, OWNER, bob)).toBe('bob approved it already; 1 more person has to');
    expect(order(first, OWNER, { ...bob, via: 'session' })).toContain('approved it already');
    expect(order(first, OWNER, { ...bob, name: 'robert' })).toContain('approved it already');
    expect(order(first, OWNER, tokenOf('bob', { subject: 'token:another' }))).toContain('approved it already');
    expect(order(first, OWNER, tokenOf('sock', { makers: ['token:x', 'token:bob'] }))).toContain(
      'sock counts as one person with bob',
    );
    const child = done(started(), OWNER, tokenOf('child', { makers: ['token:bob'] }));
    expect(order(child, OWNER, bob)).toContain('bob counts as one person with child');
    expect(order(first, OWNER, tokenOf('late', { madeAt: T0 + 1 }))).toContain('was made after this rollout started');
  });

  it('may have the name of what every object has', () => {
    const gates = ['owner', 'constructor'].map((name) => ({ name, approval: { by: 2 } }));
    const both = { ...started(), policy: policyOf({ internal: { requests: 5, gates } }) };
    const CONSTRUCTOR = { kind: 'gatePassed', gate: 'constructor' } as const;
    const first = done(done(both, OWNER, bob), CONSTRUCTOR, bob);
    expect([first.gatesPassed, first.approvals?.['constructor']?.length]).toEqual([[], 1]);
    expect(order(first, { kind: 'advanced', to: 'constructor' }, ann)).toContain('the next stage is step-1');
  });

  it('is not approved by who started or rebased it, nor by their tokens', () => {
    expect(order(started(), OWNER, ann)).toBe(
      'ann started or rebased this rollout, and gate owner asks for somebody else',
    );
    expect(order(started(), OWNER, tokenOf('hers', { makers: ['token:ann'] }))).toContain('who started or rebased');
    // Stored before starters had a subject: the name is all that is known.
    const { starters: _, ...old } = started();
    expect(order(old, OWNER, ann)).toContain('asks for somebody else');
    const [one, two] = [done(started(), OWNER, bob), policyOf({ ...policyAsWritten, finalise: 'manual' })];
    const rebase = { kind: 'rebased', policy: two, policyDigest: 'sha256:two' } as const;
    const rebased = done(done(one, rebase, cleo), rebase, bob);
    expect(rebased.approvals).toEqual({ owner: [] });
    expect(order(rebased, OWNER, bob)).toContain('asks for somebody else');
  });

  it('is opened by a policy that asks fewer people than have approved it, and closed by one that asks more', () => {
    const gates = (by: number) => policyOf({ internal: { gates: [{ name: 'owner', approval: { by } }] } });
    const to = (by: number) => ({ kind: 'rebased', policy: gates(by), policyDigest: `sha256:${by}` }) as const;
    const begun = transition(begin(startedEvent(gates(2)), T0), { kind: 'preflightPassed' }, at(ann));
    const open = done(done(done0(begun), OWNER, bob), to(1), ann);
    expect([open.gatesPassed, gateNeed(open)]).toMatchObject([['owner'], { met: true }]);
    const shut = done(open, to(2), ann);
    expect([shut.gatesPassed, shut.approvals?.['owner']]).toMatchObject([[], [{ name: 'bob' }]]);
  });

  it('is no gate that one person goes around, but for what mends a broken stable', () => {
    expect(order(started(), { kind: 'advanced', to: 'step-1' }, bob)).toBe(
      'gate owner has 0 of 2 approvals, and nobody goes past it alone',
    );
    expect(order(started(), { kind: 'promoted', full: false }, bob)).toContain('nobody goes past it alone');
    expect(order(started(), { kind: 'promoted', full: true, repair: true }, bob)).toMatchObject({
      stage: { kind: 'promoted' },
    });
    const later = policyOf({
      steps: [
        { weight: '1%', dwell: '1m' },
        { weight: '2%', dwell: '1m', gates: [BY_TWO] },
      ],
    });
    const rollout = done0(transition(begin(startedEvent(later), T0), { kind: 'preflightPassed' }, at(ann)));
    expect(order({ ...rollout, gatesPassed: ['integration-tests'] }, { kind: 'promoted', full: false }, bob)).toBe(
      'gate owner of step-2 asks for approvals, and nobody goes past it alone: advance step by step',
    );
  });

  it('never opens with fewer persons than it asks for, whatever the order', () => {
    const people = [ann, bob, cleo, tokenOf('dan')];
    const actor = fc
      .tuple(fc.constantFrom(...people), fc.constantFrom('token', 'session'), fc.boolean())
      .map(([one, via, renamed]) => ({ ...one, via: via as 'token', ...(renamed ? { name: `${one.name}2` } : {}) }));
    const deed = fc.constantFrom<OverrideEvent>(
      OWNER,
      { kind: 'gateApproved', gate: 'owner', approvals: 1, by: 2 },
      { kind: 'gateApproved', gate: 'owner', approvals: 2, by: 2 },
      { kind: 'paused' },
      { kind: 'rebased', policy: policyOf({ ...policyAsWritten, bake: { dwell: '2m' } }), policyDigest: 'sha256:n' },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        fc.array(fc.tuple(deed, actor, fc.boolean())),
        (by, notStarter, all) => {
          const asks = policyOf({ internal: { gates: [{ name: 'owner', approval: { by, notStarter } }] } });
          let rollout = begin(startedEvent(asks), T0, { by: ann, reason: 'new' });
          rollout = done0(transition(rollout, { kind: 'preflightPassed' }, at(ann)));
          const entries: AuditDraft[] = [];
          const approved = new Set<string>();
          for (const [event, who, raw] of all) {
            const next = raw ? event : ordered(rollout, event, T0);
            const moved = transition(rollout, next, at(who));
            if (moved.kind === 'refused') continue;
            if (next.kind === 'gatePassed' || next.kind === 'gateApproved') approved.add(who.subject ?? '');
            entries.push(auditDraft(rollout, moved.rollout, { event: next, ...at(who) }));
            rollout = moved.rollout;
            const isOpen = rollout.gatesPassed.includes('owner');
            if (next.kind === 'rebased') break;
            expect(isOpen).toBe(approved.size >= by);
            if (notStarter) expect(approved.has('token:ann')).toBe(false);
          }
        },
      ),
      { seed: 20261201, numRuns: 300 },
    );
  });
});

const BY_TWO = { name: 'owner', approval: { by: 2 } };
const policyAsWritten = {
  internal: { requests: 5, maxErrors: 0, gates: [{ name: 'owner', approval: { by: 2, notStarter: true } }, 'tests'] },
};

const protect = (...verbs: Protectable[]) => ({ verbs });

describe('a deed that is protected', () => {
  const FULL = { kind: 'promoted', full: true } as const;
  const until = T0 + MINUTE + 30 * MINUTE;

  it('is only asked for by the first, and done by the second, with both in its event', () => {
    const before = stepOne();
    const asked = done(before, FULL, ann);
    const { asked: requests, version, ...same } = asked;
    const { version: was, ...rest } = before;
    expect([same, version]).toEqual([rest, was + 1]);
    expect(requests).toEqual([
      {
        version,
        command: 'serin promote payments --full',
        by: expect.objectContaining({ name: 'ann' }),
        reason: 'as ann says',
        at: T0 + MINUTE,
        until,
      },
    ]);
    expect(justAsked(asked)).toBe(requests?.[0]);
    expect(ordered(asked, FULL, T0 + 2 * MINUTE)).toEqual({
      ...FULL,
      askedBy: { name: 'ann', via: 'token', at: T0 + MINUTE, reason: 'as ann says' },
    });
    const after = done(asked, FULL, bob, T0 + 2 * MINUTE);
    expect([after.stage.kind, after.asked]).toEqual(['promoted', undefined]);
  });

  it('is told to the channels as a note, in the needs, and beforehand', () => {
    const before = stepOne();
    const event = ordered(before, FULL, T0 + MINUTE);
    const happening = { event, at: T0 + MINUTE, actor: ann, reason: 'it is fine' };
    const asked = done(before, FULL, ann);
    const messages = announce(before, asked, happening, noEvidence(policy, T0));
    expect(messages.map(({ kind, summary }) => [kind, summary])).toEqual([
      [
        'note',
        'payments: v2 waits for a second person until 00:31 UTC: serin promote payments --full, asked for by ann: “it is fine”',
      ],
    ]);
    const record = { rollout: asked, evidence: { ...noEvidence(policy, T0), lookedAt: T0 + 2 * MINUTE } };
    const said = (lookedAt: number) =>
      needsNow({ ...record, evidence: { ...record.evidence, lookedAt } }, { look: null, unrecorded: null })
        .filter(({ what }) => what === 'asked')
        .map(({ says }) => says);
    const WHAT = 'serin promote payments --full';
    expect(said(T0 + 2 * MINUTE)).toEqual([
      `asked for by ann, a second person has to do the same by 00:31 UTC: ${WHAT}`,
    ]);
    expect(said(until)).toEqual([`asked for by ann, and void: no second person did the same by 00:31 UTC: ${WHAT}`]);
    const told = { deed: { verb: 'promote', full: true, repair: false }, deliveries: [], listed: [] } as const;
    const evidence = noEvidence(policy, T0);
    const first = previewOf({ ...told, event, before: { rollout: before, evidence }, after: asked, evidence, at: T0 });
    expect(first.says[0]).toBe(
      'This asks for a second person: nothing changes until somebody else does the same by 00:31 UTC (serin promote payments --full).',
    );
    const second = ordered(asked, FULL, T0 + 2 * MINUTE);
    const after = done(asked, FULL, bob, T0 + 2 * MINUTE);
    const then = previewOf({ ...told, event: second, before: { rollout: asked, evidence }, after, evidence, at: T0 });
    expect(then.says[0]).toBe('ann asked for it at 00:01 UTC: you are the second person, and it is done now.');
  });

  it('is not done by the same person, their tokens, or one that came after the start', () => {
    const asked = done(stepOne(), FULL, ann);
    expect(order(asked, FULL, ann)).toBe(
      'ann asked for it already at 00:01 UTC; a second person has to do the same by 00:31 UTC',
    );
    expect(order(asked, FULL, { ...ann, via: 'session', name: 'anna' })).toContain('anna asked for it already');
    expect(order(asked, FULL, tokenOf('sock', { makers: ['token:ann'] }))).toContain('counts as one person with ann');
    expect(order(asked, FULL, tokenOf('late', { madeAt: T0 + 1 }))).toContain('is no second person in it');
    // Nor by an event that says so itself.
    const forged = { ...FULL, askedBy: { name: 'cleo', at: T0, reason: '' } };
    expect(transition(stepOne(), forged, at(bob))).toMatchObject({ kind: 'refused' });
    expect(transition(asked, FULL, at(bob))).toMatchObject({ kind: 'refused' });
  });

  it('is void when its time is over, when the stage is, and for another deed', () => {
    const asked = done(stepOne(), FULL, ann);
    expect(justAsked(done(asked, FULL, bob, until))).toMatchObject({ by: { name: 'bob' } });
    expect(done(asked, FULL, bob, until - 1).stage.kind).toBe('promoted');
    expect(done(asked, { kind: 'advanced', to: 'step-2' }, bob).asked).toBeUndefined();
    const two = done(
      done(stepOne(), { kind: 'weightSet', canaryBps: 2_000 }, ann),
      { kind: 'weightSet', canaryBps: 3_000 },
      bob,
    );
    expect(two.asked?.map(({ by }) => by.name)).toEqual(['ann', 'bob']);
    expect(two.canaryBps).toBe(1_000);
    expect(done(two, { kind: 'weightSet', canaryBps: 3_000 }, ann)).toMatchObject({
      canaryBps: 3_000,
      asked: [{ by: { name: 'ann' } }],
    });
  });

  it('is nothing that stops harm: a smaller weight, a repair, a rollback', () => {
    const before = stepOne();
    expect(done(before, { kind: 'weightSet', canaryBps: 500 }, ann).canaryBps).toBe(500);
    expect(done(before, { kind: 'promoted', full: true, repair: true }, ann).stage.kind).toBe('promoted');
    for (const kind of ['rolledBack', 'aborted', 'paused'] as const) {
      expect(justAsked(done(before, { kind }, ann))).toBeNull();
    }
  });

  it('is protected by whatever name: advance into the stage that promote or finalise leads to', () => {
    const protecting = (...verbs: Protectable[]) =>
      policyOf({ internal: { requests: 5, maxErrors: 0 }, protect: protect(...verbs), finalise: 'manual' });
    const inStage = (kind: 'bake' | 'promoted' | 'step', verbs: Protectable[]) => {
      const rollout = begin(startedEvent(protecting(...verbs)), T0, { by: ann, reason: 'new' });
      return { ...rollout, stage: kind === 'step' ? { kind, index: 1 } : { kind } } as Rollout;
    };
    const asks = (rollout: Rollout, to: string) => justAsked(done(rollout, { kind: 'advanced', to }, ann)) !== null;
    expect(asks(inStage('bake', ['promote --full']), 'promoted')).toBe(true);
    expect(asks(inStage('bake', ['promote']), 'promoted')).toBe(true);
    expect(asks(inStage('step', ['promote']), 'bake')).toBe(true);
    expect(asks(inStage('step', ['promote --full']), 'bake')).toBe(false);
    expect(asks(inStage('promoted', ['finalise']), 'finalised')).toBe(true);
    expect(asks(inStage('promoted', ['promote', 'skip']), 'finalised')).toBe(false);
  });

  it('is not done by a restore, which asks for every part of it', () => {
    const lasting = { ...policyAsWritten, protect: protect('extend', 'skip', 'weight', 'resume') };
    const rollout = { ...stepOne(), policy: policyOf(lasting), extraDwellMs: 60_000 };
    const parts = [{ extraDwellMs: 0 }, { skippedChecks: ['p99'] }, { canaryBps: 2_000 }] as const;
    for (const put of parts) {
      const asked = done(rollout, { kind: 'restored', to: 7, put }, ann);
      expect(justAsked(asked)).toMatchObject({ command: 'serin restore payments --to 7' });
      expect(done(asked, { kind: 'restored', to: 7, put }, bob)).toMatchObject(put);
    }
    expect(justAsked(done(rollout, { kind: 'restored', to: 7, put: { canaryBps: 100 } }, ann))).toBeNull();
  });

  it('comes off by no restore of a policy that asks fewer people, and what that let through is shut again', () => {
    const pin = (spec: Parameters<typeof policyOf>[0]) => ({
      policy: policyOf(spec),
      digest: `sha256:${JSON.stringify(spec).length}`,
    });
    const restoreTo = (rollout: Rollout, spec: Parameters<typeof policyOf>[0]) =>
      order(rollout, { kind: 'restored', to: 7, put: { pinned: pin(spec) } }, bob);
    const guarded = { ...policyAsWritten, protect: protect('promote --full', 'skip') };
    const rollout = { ...started(), policy: policyOf(guarded) };
    expect(restoreTo(rollout, policyAsWritten)).toBe(
      'the policy of then lets one person do what the present one protects (promote --full)',
    );
    expect(restoreTo(rollout, { ...guarded, internal: { requests: 5, gates: ['owner'] } })).toBe(
      'the policy of then asks fewer people at gate owner',
    );
    const stricter = { ...guarded, protect: protect('promote', 'skip', 'weight') };
    expect(restoreTo(rollout, stricter)).toMatchObject({ policy: policyOf(stricter) });
    const open = { ...rollout, policy: policyOf({ internal: { requests: 5, gates: ['owner'] } }) };
    const passed = done(open, OWNER, ann);
    const back = restoreTo(passed, policyAsWritten);
    expect(back).toMatchObject({ gatesPassed: [], starters: [{ name: 'ann' }, { name: 'bob' }] });
  });

  it('is refused at once where it could not be done, and holds up nothing', () => {
    expect(order(stepOne(), { kind: 'weightSet', canaryBps: 10_000 }, ann)).toContain("a step's weight is at least 0%");
    const asked = done(stepOne(), FULL, ann);
    const facts = { at: T0, braked: null, preflightFailure: null };
    const evidence = noEvidence(policy, T0);
    expect(decide(asked, evidence, facts)).toEqual(decide(stepOne(), evidence, facts));
  });

  it('is replayed from the audit', () => {
    const first = begin(startedEvent(policy), T0, { by: ann, reason: 'new' });
    const entries = [auditDraft(null, first, { event: startedEvent(policy), at: T0, actor: ann, reason: 'new' })];
    let rollout = first;
    const orders: (readonly [OverrideEvent | { readonly kind: 'preflightPassed' }, Actor])[] = [
      [{ kind: 'preflightPassed' }, ann],
      [OWNER, bob],
      [OWNER, cleo],
      [{ kind: 'checkSkipped', check: 'p99' }, ann],
      [{ kind: 'checkSkipped', check: 'p99' }, cleo],
    ];
    for (const [wanted, actor] of orders) {
      const event = wanted.kind === 'preflightPassed' ? wanted : ordered(rollout, wanted, T0);
      const after = done0(transition(rollout, event, at(actor)));
      entries.push(auditDraft(rollout, after, { event, ...at(actor) }));
      rollout = after;
    }
    expect([rollout.gatesPassed, rollout.skippedChecks]).toEqual([['owner'], ['p99']]);
    expect(JSON.stringify(replay(JSON.parse(JSON.stringify(entries))))).toBe(JSON.stringify(rollout));
  });
});

describe('two people', () => {
  it('are told apart by subject and by name, as a provider may have two subjects for one human', () => {
    const [one, other] = [
      { name: 'Kim', subject: 'https://id.example#1' },
      { name: 'Kim', subject: 'https://id.example#2' },
    ];
    expect(whyOne(one, other)).toBe('named');
    expect(whyOne(one, { ...other, name: 'Lee' })).toBeNull();
    expect(order(done(started(), OWNER, { ...one, role: 'operator' }), OWNER, { ...other, role: 'operator' })).toBe(
      'the provider may have two subjects for one person, so that whoever it calls Kim counts as the Kim, who approved it already; 1 more person has to',
    );
    expect(whyOne(one, { ...one, name: 'Kim Lee' })).toBe('same');
    expect(whyOne(one, { name: 'Kim', subject: 'token:1' })).toBe('same');
    expect(whyOne(one, { name: 'ci', subject: 'token:1', makers: [one.subject] })).toBe('made');
  });
});
