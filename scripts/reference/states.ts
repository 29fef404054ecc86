import type { RolloutEvent } from '../../src/rollout/event.ts';
import { isEnded, type Rollout, stageName } from '../../src/rollout/state.ts';
import { transition } from '../../src/rollout/transition.ts';
import { context, policyOf, rolloutIn, startedEvent } from '../../test/support/rollouts.ts';
import { code, table } from './table.ts';

const POLICY = policyOf();
const STAGES = [
  'preflight',
  'internal',
  'step-1',
  'step-2',
  'bake',
  'promoted',
  'finalised',
  'rolled-back',
  'aborted',
  'superseded',
] as const;

const reason = 'because';
const verdict = {
  name: 'at-parity',
  reason,
  logEvidence: 0,
  logThreshold: 7,
  logHold: 3,
  findings: [],
  worst: null,
  needs: null,
  forecast: null,
} as const;

interface Row {
  /** The event, and what of it makes a difference. */
  readonly name: string;
  readonly who: 'Serin' | 'a person';
  /** Made for the stage: some events name it. */
  readonly event: (stage: string) => RolloutEvent;
  readonly says: string;
}

const indexOf = (stage: string) => Math.max(0, Number(/^step-(\d)$/.exec(stage)?.[1] ?? 1) - 1);
const nextOf: Readonly<Record<string, string>> = {
  internal: 'step-1',
  'step-1': 'step-2',
  'step-2': 'bake',
  bake: 'promoted',
};

/** Every event there is; the compiler asks for one that is missing. */
const ROWS: Readonly<Record<RolloutEvent['kind'], readonly Omit<Row, 'name'>[]>> = {
  rolloutStarted: [
    { who: 'a person', event: () => startedEvent(POLICY), says: '`serin start`: begins a rollout in preflight' },
  ],
  preflightPassed: [
    {
      who: 'a person',
      event: () => ({ kind: 'preflightPassed' }),
      says: 'written with the start: every address of the canary is healthy. A canary that is not leaves no rollout behind',
    },
  ],
  preflightRefused: [
    {
      who: 'Serin',
      event: () => ({ kind: 'preflightRefused', reason }),
      says: 'a rollout that an older Serin left in preflight, and whose canary is not healthy',
    },
  ],
  internalPassed: [
    {
      who: 'Serin',
      event: () => ({ kind: 'internalPassed', reason }),
      says: 'enough forced requests succeeded, the dwell is over, the gates are open',
    },
  ],
  internalFailed: [
    {
      who: 'Serin',
      event: () => ({ kind: 'internalFailed', reason }),
      says: 'more of them failed than `internal.maxErrors`',
    },
  ],
  stepPassed: [
    {
      who: 'Serin',
      event: (stage) => ({ kind: 'stepPassed', index: indexOf(stage), reason, verdict }),
      says: '`at-parity`, the dwell is over, the gates are open',
    },
  ],
  bakePassed: [{ who: 'Serin', event: () => ({ kind: 'bakePassed', reason }), says: 'its dwell is over' }],
  rolloutFinalised: [
    { who: 'Serin', event: () => ({ kind: 'rolloutFinalised', reason }), says: '`finalise: automatic`' },
  ],
  canaryJudgedHarmful: [
    { who: 'Serin', event: () => ({ kind: 'canaryJudgedHarmful', reason, verdict }), says: '`harmful`' },
  ],
  canaryBraked: [
    {
      who: 'Serin',
      event: () => ({ kind: 'canaryBraked', reason }),
      says: "the gateway's brake, or its own judge without a database",
    },
  ],
  blindTooLong: [
    {
      who: 'Serin',
      event: () => ({ kind: 'blindTooLong', reason, action: 'hold' }),
      says: '`blind.after` is over, `action: hold`: pages',
    },
    {
      who: 'Serin',
      event: () => ({ kind: 'blindTooLong', reason, action: 'pause' }),
      says: 'the same, `action: pause`',
    },
    {
      who: 'Serin',
      event: () => ({ kind: 'blindTooLong', reason, action: 'rollback' }),
      says: 'the same, `action: rollback`',
    },
  ],
  canaryFellSilent: [
    {
      who: 'Serin',
      event: () => ({ kind: 'canaryFellSilent', reason, action: 'pause' }),
      says: 'the canary gets requests and reports none: pages',
    },
    {
      who: 'Serin',
      event: () => ({ kind: 'canaryFellSilent', reason, action: 'rollback' }),
      says: 'the same, `blind.action: rollback`',
    },
  ],
  undecidedTooLong: [
    {
      who: 'Serin',
      event: () => ({ kind: 'undecidedTooLong', reason }),
      says: '`undecided.after` or `judge.maxHold` is over: pages',
    },
  ],
  harmHeld: [
    {
      who: 'Serin',
      event: () => ({ kind: 'harmHeld', reason, verdict: null }),
      says: 'harm where `onHarm` is `hold`: paused, pages',
    },
  ],
  consumerMovedBack: [
    {
      who: 'Serin',
      event: () => ({ kind: 'consumerMovedBack', consumer: 'acme', reason }),
      says: 'a moved consumer fares worse than in its own past, and `consumers.onHarm` is `move-back`: it gets the rule `stable`',
    },
  ],
  canarySteppedBack: [
    {
      who: 'Serin',
      event: () => ({ kind: 'canarySteppedBack', reason }),
      says: 'worse for certain while it warms up: the weight of before for `judge.warmUp`, once in a stage',
    },
  ],
  canaryTriedAgain: [
    { who: 'Serin', event: () => ({ kind: 'canaryTriedAgain', reason }), says: 'that is over: the weight once more' },
  ],
  faultFollowedIncrease: [
    {
      who: 'Serin',
      event: () => ({ kind: 'faultFollowedIncrease', reason }),
      says: 'a shared fault soon after the weight grew: the weight of before',
    },
  ],
  faultEndedAfterWithdrawal: [
    {
      who: 'Serin',
      event: () => ({ kind: 'faultEndedAfterWithdrawal', reason }),
      says: 'it went away within 5 min: nobody is blamed, the weight is given once more 3 min later',
    },
  ],
  withdrawnWeightGivenAgain: [
    { who: 'Serin', event: () => ({ kind: 'withdrawnWeightGivenAgain', reason }), says: 'those 3 min are over' },
  ],
  interferenceSuspected: [
    {
      who: 'Serin',
      event: () => ({ kind: 'interferenceSuspected', reason }),
      says: 'the fault came back with that weight: the canary is blamed',
    },
  ],
  faultOutlastedWithdrawal: [
    { who: 'Serin', event: () => ({ kind: 'faultOutlastedWithdrawal', reason }), says: 'it did not: paused, pages' },
  ],
  pageResolved: [{ who: 'Serin', event: () => ({ kind: 'pageResolved', reason }), says: 'an open page was resolved' }],
  paused: [{ who: 'a person', event: () => ({ kind: 'paused' }), says: '`serin pause`' }],
  resumed: [{ who: 'a person', event: () => ({ kind: 'resumed' }), says: '`serin resume`, of a paused one' }],
  advanced: [
    {
      who: 'a person',
      event: (stage) => ({ kind: 'advanced', to: nextOf[stage] ?? 'step-1' }),
      says: '`serin advance`',
    },
  ],
  promoted: [
    { who: 'a person', event: () => ({ kind: 'promoted', full: false }), says: '`serin promote`' },
    { who: 'a person', event: () => ({ kind: 'promoted', full: true }), says: '`serin promote --full`' },
    {
      who: 'a person',
      event: () => ({ kind: 'promoted', full: true, repair: true }),
      says: '`serin promote --repair`: the canary mends a broken stable',
    },
  ],
  rolledBack: [{ who: 'a person', event: () => ({ kind: 'rolledBack' }), says: '`serin rollback`' }],
  aborted: [{ who: 'a person', event: () => ({ kind: 'aborted' }), says: '`serin abort`' }],
  weightSet: [{ who: 'a person', event: () => ({ kind: 'weightSet', canaryBps: 2_500 }), says: '`serin weight`' }],
  extended: [{ who: 'a person', event: () => ({ kind: 'extended', byMs: 60_000 }), says: '`serin extend`' }],
  checkSkipped: [{ who: 'a person', event: () => ({ kind: 'checkSkipped', check: 'p99' }), says: '`serin skip`' }],
  deedAsked: [
    {
      who: 'a person',
      event: () => ({
        kind: 'deedAsked',
        command: 'serin skip payments p99',
        event: { kind: 'checkSkipped', check: 'p99' },
        until: 0,
      }),
      says: 'any verb that `protect` of the policy lists: a second person has to do the same',
    },
  ],
  gateApproved: [
    {
      who: 'a person',
      event: () => ({ kind: 'gateApproved', gate: 'owner', approvals: 1, by: 2 }),
      says: '`serin gate pass` where the gate takes several approvals, and this is not the last',
    },
  ],
  gatePassed: [
    {
      who: 'a person',
      event: () => ({ kind: 'gatePassed', gate: 'integration-tests' }),
      says: '`serin gate pass`, of a gate of the stage',
    },
  ],
  superseded: [{ who: 'a person', event: () => ({ kind: 'superseded', by: 'next' }), says: '`serin start --replace`' }],
  rebased: [
    {
      who: 'a person',
      event: () => ({ kind: 'rebased', policy: policyOf({ finalise: 'manual' }), policyDigest: 'sha256:other' }),
      says: '`serin rebase`',
    },
  ],
  restored: [
    {
      who: 'a person',
      event: () => ({ kind: 'restored', to: 1, put: { skippedChecks: ['p99'] } }),
      says: '`serin restore`; the weight only in a step that has one',
    },
  ],
  finalisedByHand: [{ who: 'a person', event: () => ({ kind: 'finalisedByHand' }), says: '`serin finalise`' }],
};

/** A rollout in each stage with all that an event could ask for: paused, a page that is open, a weight that was withdrawn. */
function prepared(stage: string, event: RolloutEvent): Rollout {
  const rollout =
    stage === 'superseded'
      ? { ...rolloutIn('aborted', POLICY), stage: { kind: 'superseded' as const } }
      : rolloutIn(stage, POLICY);
  if (isEnded(rollout)) return rollout;
  switch (event.kind) {
    case 'resumed':
      return { ...rollout, paused: { at: 0, by: 'ada', reason } };
    case 'pageResolved':
      return { ...rollout, openPage: 'undecided' };
    case 'canaryTriedAgain':
      return { ...rollout, stepBack: { at: 0, fromBps: rollout.canaryBps, phase: 'back' } };
    case 'canarySteppedBack':
    case 'faultFollowedIncrease':
      return rollout.stage.kind === 'step'
        ? { ...rollout, increase: { at: rollout.stageEnteredAt, fromBps: 100 } }
        : rollout;
    case 'interferenceSuspected':
      return { ...rollout, increase: { at: rollout.stageEnteredAt, fromBps: 100, again: true } };
    case 'faultEndedAfterWithdrawal':
    case 'faultOutlastedWithdrawal':
      return { ...rollout, withdrawal: { at: 0, fromBps: rollout.canaryBps, phase: 'watched' } };
    case 'withdrawnWeightGivenAgain':
      return { ...rollout, withdrawal: { at: 0, fromBps: rollout.canaryBps + 100, phase: 'over', overAt: 0 } };
    default:
      return rollout;
  }
}

/** Where each event leads from each stage: the name of a stage, `stays`, or nothing where it is refused. */
export function statesTable(): string {
  const rows = Object.entries(ROWS).flatMap(([kind, variants]) =>
    variants.map(({ who, event, says }) => [code(kind), who, says, leads(event)]),
  );
  return table(['event', 'who', 'what happened', 'where it leads'], rows);
}

function leads(event: Row['event']): string {
  const to = new Map<string, string[]>();
  for (const stage of STAGES) {
    const happened = event(stage);
    const moved = transition(prepared(stage, happened), happened, context());
    if (moved.kind === 'refused') continue;
    const after = stageName(moved.rollout.stage);
    const where = after === stage ? `stays${changes(prepared(stage, happened), moved.rollout)}` : after;
    to.set(where, [...(to.get(where) ?? []), stage]);
  }
  return (
    [...to].map(([where, from]) => `${fromWords(from)} → ${where}`).join('; ') || 'refused: it has started already'
  );
}

const RUNNING = STAGES.slice(0, STAGES.indexOf('finalised')).join(', ');

function fromWords(stages: readonly string[]): string {
  const words = stages.join(', ');
  return words === RUNNING ? 'every state that has not ended' : words;
}

function changes(before: Rollout, after: Rollout): string {
  const told = [
    ...(before.paused === null && after.paused !== null ? ['paused'] : []),
    ...(before.paused !== null && after.paused === null ? ['goes on'] : []),
    ...(before.canaryBps !== after.canaryBps ? ['another weight'] : []),
  ];
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}
