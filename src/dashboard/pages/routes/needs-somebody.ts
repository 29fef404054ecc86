import type { RolloutView, RouteView } from '../../views.ts';
import { lasting } from '../../words/figures.ts';
import { wordsBy } from '../../words/quoted.ts';

/** A rollout that runs, as its own view has it; as the list of routes has it, the last two are not known. */
export type WatchedRollout = Pick<NonNullable<RouteView['rollout']>, 'waitsFor' | 'openPage'> &
  Partial<Pick<RolloutView, 'look' | 'unrecorded'>>;

/** Looks that failed one after the other, from which on a person should see why. */
const MANY_FAILURES = 3;

/**
 * Why a rollout needs a person now, in sentences; empty where it gets on by itself. That is where only a person can go on (`waitsFor`: it is paused, a page is
 * open, a gate is closed), where nobody looks at it any more, and where something was done that the database has not recorded. A bad verdict
 * is no reason of its own: Serin rolls back, holds, or opens a page after as long as the policy says.
 * How long ago the view was read is not counted: a page that could not read says nothing about the looks.
 */
export function needsSomebody(watched: WatchedRollout): readonly string[] {
  const { waitsFor, openPage, look, unrecorded } = watched;
  return [
    ...(unrecorded ? [notRecorded(unrecorded)] : []),
    ...(look && isLookLate(look) ? [lookAge(look)] : []),
    ...waitsFor.map((what) => waitsForWhat(what, openPage)),
  ];
}

function isLookLate({ failures, agoMs, overdueMs }: NonNullable<RolloutView['look']>): boolean {
  return failures >= MANY_FAILURES || agoMs > overdueMs;
}

/** `not looked at for 2 m: the database cannot answer` */
export function lookAge({ agoMs, failures, trouble }: NonNullable<RolloutView['look']>): string {
  const age = `not looked at for ${lasting(agoMs)}`;
  if (failures === 0) return age;
  return `${age}: ${failures === 1 ? 'a look has' : `${failures} looks have`} failed${trouble === null ? '' : `, ${trouble}`}`;
}

function notRecorded({ event, by, role, reason }: NonNullable<RolloutView['unrecorded']>): string {
  return `${UNRECORDED[event] ?? event} by ${by}, which the database has not recorded yet: ${wordsBy(role, reason)}`;
}

const UNRECORDED: Readonly<Record<string, string>> = {
  rolledBack: 'rolled back',
  aborted: 'aborted',
  canaryBraked: 'taken back',
  harmHeld: 'held because of harm',
};

function waitsForWhat(what: string, openPage: WatchedRollout['openPage']): string {
  switch (what) {
    case 'resume':
      return 'waits to be resumed';
    case 'look':
      return openPage === null ? 'a page is open' : `a page is open: ${openPage.replace('-', ' ')}`;
    case 'advance':
      return 'waits to be advanced';
    case 'consumers':
      return 'waits for consumers that still need the old version';
    case 'finalise':
      return 'waits to be finalised';
    default:
      return `waits for ${what.replace(':', ' ')}`;
  }
}
