import type { GlyphName } from '../glyph-name.ts';
import type { AuditView } from '../views.ts';
import { lasting, weightText } from './figures.ts';
import { capitalised, legible } from './said.ts';

export interface DecisionWords {
  readonly sign: GlyphName;
  readonly title: string;
}

/** What follows from a start is done in the name of who started it, and is no act of theirs. */
export const AT_THE_START: readonly string[] = ['rolloutStarted', 'preflightPassed', 'preflightRefused'];

/** Why, in one sentence; empty where there is no more to say. */
export function decisionReason({ event, reason }: AuditView): string {
  // What it repeats is the reason of the start.
  if (event.kind !== 'preflightPassed') return reason;
  const passed = 'every address of the canary answers';
  return typeof event['warning'] === 'string' ? `${passed}, but ${event['warning']}` : passed;
}

/** `serin`; `ada · operator` */
export function whoActed({ name, role }: { readonly name: string; readonly role: string }): string {
  return role === 'serin' ? 'serin' : `${legible(name)} · ${role}`;
}

type Fact = AuditView['event'];

/** What became of a rollout by one entry of its audit: `10 % → 25 %`, `Paused`, `Gate tests passed`. */
export function decisionWords({ event, actor, before, after }: AuditView): DecisionWords {
  const [sign, title] = EVENTS[event.kind]?.(event, wayOf(before, after)) ?? [
    'dot',
    capitalised(eventInWords(event.kind)),
  ];
  const isByPerson = actor.role !== 'serin' && !AT_THE_START.includes(event.kind);
  return { sign: isByPerson ? 'person' : sign, title };
}

type Told = (event: Fact, way: string | null) => readonly [GlyphName, string];

/** Each is called `what`; where that is left out, by its kind. */
const moved =
  (sign: GlyphName, what?: string): Told =>
  ({ kind }, way) => [sign, way === null ? (what ?? titled(kind)) : `${way}, ${lower(what ?? titled(kind))}`];
const passed =
  (what?: string): Told =>
  ({ kind }, way) => ['step', way ?? what ?? titled(kind)];
const plain =
  (sign: GlyphName, what?: string): Told =>
  ({ kind }) => [sign, what ?? titled(kind)];

const EVENTS: Readonly<Record<string, Told>> = {
  rolloutStarted: plain('dot', 'Started'),
  preflightPassed: plain('check'),
  preflightRefused: plain('harm', 'The canary does not answer'),
  internalPassed: passed('Internal phase passed'),
  internalFailed: plain('harm', 'Internal phase failed'),
  stepPassed: passed(),
  canaryJudgedHarmful: moved('harm', 'Rolled back'),
  harmHeld: plain('suspect', 'Harm found, and held'),
  canaryBraked: moved('harm', 'Braked by the gateway'),
  blindTooLong: (event) => ['blind', `Blind for too long: ${actionOf(event)}`],
  canaryFellSilent: (event) => ['blind', `The canary fell silent: ${actionOf(event)}`],
  undecidedTooLong: plain('undecided', 'Undecided for too long'),
  consumerMovedBack: (event) => ['suspect', `${String(event['consumer'])} moved back`],
  canarySteppedBack: moved('step', 'Back to warm up'),
  canaryTriedAgain: moved('step', 'Tried again'),
  faultFollowedIncrease: moved('suspect', 'Increase taken back'),
  faultEndedAfterWithdrawal: plain('check', 'The fault is over'),
  withdrawnWeightGivenAgain: moved('step', 'Given again'),
  interferenceSuspected: moved('suspect'),
  faultOutlastedWithdrawal: plain('suspect', 'The fault outlasted the increase'),
  bakePassed: passed(),
  rolloutFinalised: plain('parity', 'Finalised'),
  pageResolved: plain('check', 'The page is over'),
  paused: plain('paused'),
  resumed: plain('step'),
  advanced: (event, way) => ['step', `${way === null ? 'Advanced' : `${way}, advanced`}${whomItLeaves(event)}`],
  promoted: (event, way) => {
    const how = event['repair'] === true ? ' as a repair' : event['full'] === true ? ' without the bake' : '';
    return ['step', `${way === null ? 'Promoted' : `${way}, promoted`}${how}${whomItLeaves(event)}`];
  },
  rolledBack: moved('harm'),
  aborted: moved('quiet'),
  weightSet: moved('step'),
  extended: (event) => ['step', `Extended by ${lasting(Number(event['byMs']))}`],
  checkSkipped: (event) => ['step', `Check ${String(event['check'])} skipped`],
  deedAsked: (event) => ['dot', `Asked for: ${String(event['command'])}`],
  gatePassed: (event) => ['check', `Gate ${String(event['gate'])} passed`],
  superseded: moved('quiet'),
  rebased: plain('step', 'Rebased on the declared policy'),
  finalisedByHand: plain('parity', 'Finalised'),
  restored: ({ to }, way) => ['step', `${way === null ? 'Put' : `${way}, put`} back to before entry ${String(to)}`],
};

/** How many listed consumers it went on without. */
function whomItLeaves({ leaveBehind }: Fact): string {
  if (typeof leaveBehind !== 'object' || leaveBehind === null) return '';
  const listed = 'listed' in leaveBehind && Array.isArray(leaveBehind.listed) ? leaveBehind.listed : [];
  return listed.length === 0 ? '' : ` without ${listed.length === 1 ? '1 consumer' : `${listed.length} consumers`}`;
}

function actionOf(event: Fact): string {
  switch (event['action']) {
    case 'rollback':
      return 'rolled back';
    case 'pause':
      return 'paused';
    default:
      return 'held';
  }
}

/** `internal → 10 %`; null where neither the stage nor the weight changed, and of what is not known. */
function wayOf(before: unknown, after: unknown): string | null {
  const [from, to] = [placeOf(before), placeOf(after)];
  return from === null || to === null || from === to ? null : `${from} → ${to}`;
}

const WITHOUT_WEIGHT = ['preflight', 'internal', 'bake', 'promoted', 'finalised'];

function placeOf(configuration: unknown): string | null {
  const { stage, canaryBps } = (configuration ?? {}) as { readonly stage?: unknown; readonly canaryBps?: unknown };
  if (typeof stage !== 'string' || typeof canaryBps !== 'number') return null;
  return WITHOUT_WEIGHT.includes(stage) ? stage : weightText(canaryBps);
}

function lower(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

/** `gatePassed` -> `Gate passed` */
function titled(kind: string): string {
  return capitalised(eventInWords(kind));
}

/** `gatePassed` -> `gate passed` */
export function eventInWords(kind: string): string {
  return kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
