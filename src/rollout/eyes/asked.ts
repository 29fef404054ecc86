import type { Protectable } from '../../policy/schema.ts';
import { formatBps, formatDuration } from '../../policy/units.ts';
import type { OverrideEvent } from '../event.ts';
import { changed, refused, type Transition, type TransitionContext } from '../move.ts';
import type { AskedDeed, Rollout } from '../state.ts';
import { atGate } from './approvals.ts';
import { asOne, isTooNew, someoneOf, whyOne } from './person.ts';

/** Each stays in the state until it is done, void, or of a stage that is over. */
const MOST_ASKED = 20;

/**
 * The event that an order makes: the deed itself, with who asked for it; or where the policy protects it and nobody has asked for it yet,
 * that it was asked for. One approval of several likewise.
 */
export function ordered(rollout: Rollout, event: OverrideEvent, at: number): OverrideEvent {
  if (event.kind === 'gatePassed') return atGate(rollout, event);
  const { protect } = rollout.policy.spec;
  if (protect === undefined || !isProtected(rollout, event)) return event;
  const open = requestOf(rollout, event, at);
  if (open === null)
    return { kind: 'deedAsked', command: commandOf(event, rollout.route), event, until: at + protect.within };
  const { by, reason } = open;
  return { ...event, askedBy: { name: by.name, ...(by.via ? { via: by.via } : {}), at: open.at, reason } };
}

/** Requests that can still be met. */
function openRequests({ asked = [] }: Pick<Rollout, 'asked'>, at: number): readonly AskedDeed[] {
  return asked.filter(({ until }) => at < until);
}

/** What its last change asked for; null where that was something else. */
export function justAsked({ asked, version }: Pick<Rollout, 'asked' | 'version'>): AskedDeed | null {
  return asked?.find((one) => one.version === version) ?? null;
}

/** Records that it was asked for, if it could be done, and changes nothing else. */
export function askFor(
  rollout: Rollout,
  { event, until }: Extract<OverrideEvent, { kind: 'deedAsked' }>,
  { at, actor, reason }: TransitionContext,
  tried: Transition,
): Transition {
  if (!isProtected(rollout, event)) return refused('one person is enough for it');
  if (tried.kind === 'refused') return tried;
  const open = openRequests(rollout, at).filter((one) => !isFor(one, event, rollout.route));
  if (open.length >= MOST_ASKED)
    return refused(`${MOST_ASKED} things are asked for already, and wait for a second person`);
  const asked: AskedDeed = {
    version: rollout.version + 1,
    command: commandOf(event, rollout.route),
    ...withPolicy(policyIn(event)),
    by: someoneOf(actor),
    reason,
    at,
    until,
  };
  return changed(rollout, { asked: [...open, asked] });
}

/** Why this person may not do it now: alone, or as the second. Null where they may. */
export function whyNotAlone(rollout: Rollout, event: OverrideEvent, { at, actor }: TransitionContext): string | null {
  if (!isProtected(rollout, event)) return null;
  const open = requestOf(rollout, event, at);
  if (open === null || event.askedBy === undefined) return 'the policy protects it: it takes a second person';
  const by = `a second person has to do the same by ${clockOf(open.until)}`;
  const why = whyOne(open.by, actor);
  if (why === 'same') return `${actor.name} asked for it already at ${clockOf(open.at)}; ${by}`;
  if (why !== null) return `${asOne(actor, open.by, why)}, who asked for it; ${by}`;
  if (!isTooNew(actor, rollout.startedAt)) return null;
  return `the token of ${actor.name} was made after this rollout started, and is no second person in it; ${by}`;
}

/** Without the request that is met. */
export function withoutRequest(rollout: Rollout, event: OverrideEvent): Rollout {
  const { asked = [], ...rest } = rollout;
  const left = policyIn(event) !== undefined ? [] : asked.filter((one) => !isFor(one, event, rollout.route));
  return left.length === asked.length ? rollout : left.length > 0 ? { ...rest, asked: left } : rest;
}

/** Whether it still waits for the second person, until when, and what they type. */
export function askedInWords({ command, by, until }: AskedDeed, now: number): string {
  return now < until
    ? `asked for by ${by.name}, a second person has to do the same by ${clockOf(until)}: ${command}`
    : `asked for by ${by.name}, and void: no second person did the same by ${clockOf(until)}: ${command}`;
}

/** `14:30 UTC` */
export function clockOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)} UTC`;
}

/** What a person types for it: `serin weight payments 20%`. */
function commandOf(event: OverrideEvent, route: string): string {
  const leaving = 'leaveBehind' in event && event.leaveBehind !== undefined ? ' --leave-behind' : '';
  switch (event.kind) {
    case 'resumed':
      return `serin resume ${route}`;
    case 'advanced':
      return `serin advance ${route} --to ${event.to}${leaving}`;
    case 'promoted':
      return `serin promote ${route}${event.full ? ' --full' : ''}${leaving}`;
    case 'weightSet':
      return `serin weight ${route} ${formatBps(event.canaryBps)}`;
    case 'extended':
      return `serin extend ${route} ${formatDuration(event.byMs)}`;
    case 'checkSkipped':
      return `serin skip ${route} ${event.check}`;
    case 'rebased':
      return `serin rebase ${route}`;
    case 'finalisedByHand':
      return `serin finalise ${route}`;
    case 'restored':
      return `serin restore ${route} --to ${event.to}`;
    default:
      return event.kind;
  }
}

/** Into these stages `advance` is another word for a verb that may be protected. */
const BY_STAGE: ReadonlyMap<string, readonly Protectable[]> = new Map([
  ['bake', ['promote']],
  ['promoted', ['promote', 'promote --full']],
  ['finalised', ['finalise']],
]);

/**
 * A smaller weight and a repair are never protected, nor is what takes the canary back: one person has to be able to stop harm.
 */
function isProtected({ policy, canaryBps }: Rollout, event: OverrideEvent): boolean {
  const verbs = policy.spec.protect?.verbs ?? [];
  switch (event.kind) {
    case 'resumed':
      return verbs.includes('resume');
    case 'advanced':
      return verbs.some((verb) => verb === 'advance' || BY_STAGE.get(event.to)?.includes(verb));
    case 'promoted':
      return event.repair !== true && (verbs.includes('promote') || (event.full && verbs.includes('promote --full')));
    case 'weightSet':
      return verbs.includes('weight') && event.canaryBps > canaryBps;
    case 'extended':
      return verbs.includes('extend');
    case 'checkSkipped':
      return verbs.includes('skip');
    case 'rebased':
      return verbs.includes('rebase');
    case 'finalisedByHand':
      return verbs.includes('finalise');
    case 'restored': {
      const { put } = event;
      return (
        (put.canaryBps !== undefined && put.canaryBps > canaryBps && verbs.includes('weight')) ||
        (put.paused === false && verbs.includes('resume')) ||
        (put.skippedChecks !== undefined && verbs.includes('skip')) ||
        (put.extraDwellMs !== undefined && verbs.includes('extend')) ||
        (put.pinned !== undefined && verbs.includes('rebase'))
      );
    }
    default:
      return false;
  }
}

function requestOf(rollout: Rollout, event: OverrideEvent, at: number): AskedDeed | null {
  return openRequests(rollout, at).find((one) => isFor(one, event, rollout.route)) ?? null;
}

/** The very same deed. Whom it leaves behind is told anew each time. */
function isFor({ command, policyDigest }: AskedDeed, event: OverrideEvent, route: string): boolean {
  return command === commandOf(event, route) && policyDigest === policyIn(event);
}

/** The digest of the policy that it puts into force. */
function policyIn(event: OverrideEvent): string | undefined {
  if (event.kind === 'restored') return event.put.pinned?.digest;
  return event.kind === 'rebased' ? event.policyDigest : undefined;
}

function withPolicy(policyDigest: string | undefined): Pick<AskedDeed, 'policyDigest'> {
  return policyDigest === undefined ? {} : { policyDigest };
}
