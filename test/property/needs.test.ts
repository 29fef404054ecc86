import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VerdictName } from '../../src/judge/verdict.ts';
import { decide, type Facts } from '../../src/rollout/decide.ts';
import type { OverrideEvent } from '../../src/rollout/event.ts';
import type { Evidence } from '../../src/rollout/evidence.ts';
import { needsOf } from '../../src/rollout/needs/needs.ts';
import { nextStage } from '../../src/rollout/plan.ts';
import { isEnded, type Rollout, stageName } from '../../src/rollout/state.ts';
import { transition } from '../../src/rollout/transition.ts';
import { evidence, facts, MINUTE, verdict } from '../support/decisions.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { context, policyOf, rolloutIn, T0 } from '../support/rollouts.ts';
import { HEALTHY } from '../support/simulated-traffic.ts';
import { type Happenings, watchedRollout } from '../support/watched-rollout.ts';

/** Whether the stage has ended by itself: the rollout is in the next one, or was finalised. */
function hasAdvanced(before: Rollout, after: Rollout): boolean {
  const next = nextStage(before);
  return next !== null && stageName(after.stage) === stageName(next);
}

function agree(rollout: Rollout, seen: Evidence, known: Facts, after: Rollout) {
  const open = needsOf(rollout, seen, known).filter(({ met }) => !met);
  const isRunning = !isEnded(rollout);
  const says = `${stageName(rollout.stage)}: ${open.map(({ says }) => says).join(' | ')}`;
  expect({ says, advanced: hasAdvanced(rollout, after) }).toEqual({ says, advanced: isRunning && open.length === 0 });
}

const BROKEN = { ...HEALTHY, errors: 0.2 };
const SLOW = { ...HEALTHY, medianMs: 200 };
const ACTS: readonly OverrideEvent[] = [
  { kind: 'paused' },
  { kind: 'resumed' },
  { kind: 'resumed' },
  { kind: 'gatePassed', gate: 'integration-tests' },
  { kind: 'gatePassed', gate: 'approval' },
  { kind: 'extended', byMs: 30_000 },
  { kind: 'checkSkipped', check: 'p99' },
  { kind: 'weightSet', canaryBps: 2_000 },
  { kind: 'finalisedByHand' },
];

/** Spells of everything that keeps a rollout: each lasts for some ticks, so that it is met and not met in turn. */
function spells(random: Random) {
  const left = { canary: 0, route: 0, slow: 0, blind: 0, unapplied: 0, silent: 0 };
  const goesOn = (spell: keyof typeof left, chance: number, ticks: number): boolean => {
    left[spell] = left[spell] > 0 ? left[spell] - 1 : random() < chance ? Math.ceil(random() * ticks) : 0;
    return left[spell] > 0;
  };
  return (rollout: Rollout): Happenings => {
    const route = goesOn('route', 0.004, 40) ? BROKEN : HEALTHY;
    const canary = goesOn('canary', 0.004, 4) ? BROKEN : goesOn('slow', 0.01, 6) ? SLOW : route;
    return {
      stable: route,
      canary,
      forced: { requests: rollout.stage.kind === 'internal' ? 2 : 0, errors: random() < 0.01 ? 1 : 0 },
      unusable: goesOn('blind', 0.01, 8) ? 'the source does not answer' : null,
      applied: !goesOn('unapplied', 0.05, 3),
      preflightFailure: random() < 0.1 ? 'http://127.0.0.1:9002/healthz answered 503' : null,
      braked: random() < 0.001 ? { reason: '20 failures in a row', blames: 'canary' } : null,
      override: random() < 0.1 ? (ACTS[Math.floor(random() * ACTS.length)] ?? null) : null,
    };
  };
}

const POLICIES = [
  policyOf({ internal: { requests: 6, maxErrors: 1, dwell: '10s', gates: ['integration-tests'] } }),
  policyOf({
    internal: { requests: 2 },
    steps: [{ weight: '25%', dwell: '20s', gates: ['approval'] }],
    finalise: 'manual',
    judge: { warmUp: '30s' },
  }),
  policyOf({ internal: { requests: 0 }, steps: [{ weight: '50%', dwell: '90s' }], onHarm: 'hold' }),
];

describe('what a stage needs', () => {
  it('ends it at the tick at which all is met, and at no other, over simulated rollouts', () => {
    const seen = new Map<string, Set<boolean>>();
    const ended = new Map<string, number>();
    for (let seed = 1; seed <= 24; seed += 1) {
      const random = seededRandom(seed);
      const policy = POLICIES[seed % POLICIES.length] ?? policyOf();
      for (const tick of watchedRollout(policy, random, 150, spells(random))) {
        agree(tick.rollout, tick.evidence, tick.facts, tick.after);
        for (const { what, met } of needsOf(tick.rollout, tick.evidence, tick.facts)) {
          seen.set(what, (seen.get(what) ?? new Set()).add(met));
        }
        if (hasAdvanced(tick.rollout, tick.after)) {
          const { kind } = tick.rollout.stage;
          ended.set(kind, (ended.get(kind) ?? 0) + 1);
        }
      }
    }
    // The rollouts were of every kind: each stage ended, and each need kept one and let one go.
    for (const stage of ['preflight', 'internal', 'step', 'bake', 'promoted']) {
      expect([stage, (ended.get(stage) ?? 0) > 0]).toEqual([stage, true]);
    }
    const twoSided = [...seen].filter(([, both]) => both.size === 2).map(([what]) => what);
    expect(twoSided).toEqual(
      expect.arrayContaining([
        'canary',
        'pause',
        'split',
        'dwell',
        'gate',
        'forced',
        'harm',
        'fault',
        'sight',
        'warm-up',
        'parity',
        'least-time',
        'measured',
      ]),
    );
  });

  it('agrees with what is decided of any evidence, whatever the stage and the page', () => {
    const names: readonly VerdictName[] = ['harmful', 'suspect', 'shared-fault', 'blind', 'undecided', 'at-parity'];
    const stages = ['preflight', 'internal', 'step-1', 'step-2', 'bake', 'promoted', 'finalised', 'aborted'];
    const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
    const instant = fc.integer({ min: 0, max: 30 }).map((minutes) => T0 - minutes * MINUTE);
    const policies = [
      policyOf({ internal: { requests: 5, gates: [] } }),
      policyOf({ dryRun: true, finalise: 'manual' }),
      policyOf({
        steps: [
          { consumers: 'listed', dwell: '1m' },
          { weight: '20%', dwell: '1m' },
        ],
        onHarm: 'hold',
      }),
      policyOf({ blind: { after: '2m', action: 'rollback' }, internal: { requests: 0, dwell: '1m' } }),
    ];
    const state = fc
      .record({
        policy: fc.constantFrom(...policies),
        stage: fc.constantFrom(...stages),
        router: fc.constantFrom('gateway' as const, 'none' as const),
        paused: fc.constantFrom(null, { at: T0, by: 'ada', reason: 'later' }),
        gatesPassed: fc.constantFrom([], ['integration-tests']),
        openPage: fc.constantFrom(null, 'undecided' as const, 'blind' as const),
        extraDwellMs: fc.constantFrom(0, 90 * MINUTE),
        withdrawal: fc.constantFrom(null, { at: T0, fromBps: 5_000, phase: 'held' as const }),
      })
      .map(({ policy, stage, ...parts }): Rollout => ({ ...rolloutIn(stage, policy), ...parts }));
    const known = fc.record({
      verdict: maybe(fc.constantFrom(...names).map(verdict)),
      appliedAt: maybe(fc.constant(T0)),
      forced: fc.record({ requests: fc.integer({ min: 0, max: 8 }), errors: fc.integer({ min: 0, max: 1 }) }),
      blindSince: maybe(instant),
      suspectSince: maybe(instant),
      faultSince: maybe(instant),
    });
    const told = fc.record({
      preflightFailure: fc.constantFrom(null, 'it answered 503'),
      braked: fc.constantFrom(null, null, { reason: '20 failures in a row', blames: 'nobody' as const }),
    });
    let ends = 0;
    fc.assert(
      fc.property(state, known, told, (rollout, parts, more) => {
        const seen = evidence(rollout, parts);
        const at = facts(more);
        const event = decide(rollout, seen, at);
        const moved = event && transition(rollout, event, context({ at: at.at }));
        const after = moved?.kind === 'moved' ? moved.rollout : rollout;
        agree(rollout, seen, at, after);
        if (hasAdvanced(rollout, after)) ends += 1;
      }),
      { seed: 20261201, numRuns: 4_000 },
    );
    expect(ends).toBeGreaterThan(200);
  });
});
