import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditDraft } from '../../src/controller/commit.ts';
import { replay } from '../../src/controller/replay.ts';
import type { RolloutEvent } from '../../src/rollout/event.ts';
import { noEvidence, resetEvidence } from '../../src/rollout/evidence.ts';
import type { AuditDraft } from '../../src/rollout/record.ts';
import { orderFor } from '../../src/rollout/split-order.ts';
import { isEnded, stageName } from '../../src/rollout/state.ts';
import { begin, transition } from '../../src/rollout/transition.ts';
import { policyOf, startedEvent, T0 } from '../support/rollouts.ts';

const verdict = {
  name: 'harmful',
  reason: 'bad',
  logEvidence: 8,
  logThreshold: 7,
  logHold: 3,
  findings: [],
  worst: 'errors',
  needs: null,
  forecast: null,
} as const;
const edited = policyOf({
  steps: [
    { weight: '5%', dwell: '1m' },
    { weight: '20%', dwell: '1m' },
    { weight: '60%', dwell: '1m' },
  ],
});

const event: fc.Arbitrary<RolloutEvent> = fc.oneof(
  fc.constantFrom<RolloutEvent>(
    { kind: 'preflightPassed' },
    { kind: 'internalPassed', reason: 'enough' },
    { kind: 'stepPassed', index: 0, reason: 'at parity', verdict: { ...verdict, name: 'at-parity' } },
    { kind: 'stepPassed', index: 1, reason: 'at parity', verdict: { ...verdict, name: 'at-parity' } },
    { kind: 'bakePassed', reason: 'baked' },
    { kind: 'rolloutFinalised', reason: 'done' },
    { kind: 'undecidedTooLong', reason: 'stuck' },
    { kind: 'undecidedTooLong', reason: 'stuck', cause: 'suspect' },
    { kind: 'blindTooLong', action: 'pause', reason: 'blind' },
    { kind: 'canaryFellSilent', action: 'pause', reason: 'silent' },
    { kind: 'canaryFellSilent', action: 'rollback', reason: 'silent' },
    { kind: 'harmHeld', reason: 'harm', verdict: null },
    { kind: 'canarySteppedBack', reason: 'cold' },
    { kind: 'consumerMovedBack', consumer: 'acme', reason: 'worse off' },
    { kind: 'canaryTriedAgain', reason: 'warm' },
    { kind: 'faultFollowedIncrease', reason: 'both fail' },
    { kind: 'faultEndedAfterWithdrawal', reason: 'it was over' },
    { kind: 'withdrawnWeightGivenAgain', reason: 'well without it' },
    { kind: 'interferenceSuspected', reason: 'it came back' },
    { kind: 'faultOutlastedWithdrawal', reason: 'both still fail' },
    { kind: 'paused' },
    { kind: 'resumed' },
    { kind: 'gatePassed', gate: 'integration-tests' },
    { kind: 'checkSkipped', check: 'p99' },
    { kind: 'promoted', full: false },
    { kind: 'pageResolved', reason: 'v3 was promoted' },
    { kind: 'rebased', policy: edited, policyDigest: 'sha256:second' },
  ),
  fc.record({ kind: fc.constant('weightSet' as const), canaryBps: fc.integer({ min: -1, max: 10_001 }) }),
  fc.record({ kind: fc.constant('extended' as const), byMs: fc.integer({ min: -1, max: 10_000 }) }),
  fc.constantFrom('step-1', 'step-2', 'step-3', 'bake').map((to) => ({ kind: 'advanced' as const, to })),
);
const ending: fc.Arbitrary<RolloutEvent | null> = fc.constantFrom<RolloutEvent | null>(
  null,
  { kind: 'canaryJudgedHarmful', reason: 'bad', verdict },
  { kind: 'rolledBack' },
  { kind: 'aborted' },
  { kind: 'superseded', by: 'v3' },
);

/** The states and the audit that a sequence of events leaves; refused events leave nothing. */
function run(events: readonly RolloutEvent[]) {
  const actor = { name: 'ada', role: 'operator' } as const;
  const started = startedEvent();
  const first = begin(started, T0, { by: actor, reason: 'ready' });
  const states = [first];
  const audit: AuditDraft[] = [];
  let rollout = first;
  let evidence = noEvidence(first.policy, T0);
  audit.push(auditDraft(null, rollout, { event: started, at: T0, actor, reason: 'ready' }));
  for (const [index, next] of events.entries()) {
    const at = T0 + (index + 1) * 1_000;
    const moved = transition(rollout, next, { at, actor, reason: 'because' });
    if (moved.kind === 'refused') continue;
    audit.push(auditDraft(rollout, moved.rollout, { event: next, at, actor, reason: 'because' }));
    rollout = moved.rollout;
    evidence = resetEvidence(evidence, moved.evidence, rollout, at);
    states.push(rollout);
  }
  return { states, audit, rollout, evidence };
}

const history = fc
  .tuple(fc.array(event, { maxLength: 40 }), ending)
  .map(([events, end]) => (end ? [...events, end] : events));

describe('the state machine', () => {
  it('is what its audit says: replay(audit) is the rollout, byte for byte, also after JSON', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { audit, rollout } = run(events);
        const stored = JSON.parse(JSON.stringify(audit)) as AuditDraft[];
        expect(JSON.stringify(replay(stored))).toBe(JSON.stringify(rollout));
      }),
      { seed: 20260101, numRuns: 500 },
    );
  });

  it('grows its version by one an event, never takes an epoch back, and changes no split without a new one', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { states } = run(events);
        for (const [before, after] of states.slice(1).map((state, at) => [states[at] ?? state, state] as const)) {
          expect(after.version).toBe(before.version + 1);
          expect(after.splitEpoch).toBeGreaterThanOrEqual(before.splitEpoch);
          const { epoch: _, measure: __, drainMs: ___, ...was } = orderFor(before);
          const { epoch, measure: ____, drainMs: _____, ...is } = orderFor(after);
          if (JSON.stringify(was) !== JSON.stringify(is)) expect(epoch).toBeGreaterThan(before.splitEpoch);
        }
      }),
      { seed: 20260102, numRuns: 500 },
    );
  });

  it('has one account of each stage that it was in, without a gap between them', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { states, rollout, evidence } = run(events);
        const { past = [] } = evidence;
        const running = states.filter((state) => !isEnded(state)).map(({ stage }) => stageName(stage));
        expect(past.map(({ stage }) => stage)).toEqual([...new Set(running)].filter((stage) => stage !== 'preflight'));
        for (const [index, { leftAt }] of past.entries())
          expect(leftAt).toBe(past[index + 1]?.enteredAt ?? rollout.endedAt);
        if (!isEnded(rollout) && past.length > 0) expect(past.at(-1)?.enteredAt).toBe(rollout.stageEnteredAt);
      }),
      { seed: 20260104, numRuns: 500 },
    );
  });

  it('leaves nobody on the canary once it has been rolled back, aborted or superseded', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { rollout } = run(events);
        if (!['rolled-back', 'aborted', 'superseded'].includes(rollout.stage.kind)) return;
        expect(orderFor(rollout)).toMatchObject({ canary: null, canaryBps: 0, forceAllowed: false });
      }),
      { seed: 20260103, numRuns: 500 },
    );
  });
});
