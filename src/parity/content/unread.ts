import type { Window } from '../../stats/evidence/window.ts';
import { clip } from '../words.ts';
import { NO_ROOM } from './content-shares.ts';

/** Of the unread answers, the part that a reason needs to be named. */
const MOST_OF_THEM = 0.5;

/** What the gateway gives as a reason, as a predicate; any other reason is a type. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['too long', 'are too long'],
  ['no body', 'are without a body'],
  ['no type', 'are without a type'],
  ['another coding', 'are in a coding that is not known'],
  ['another document', 'are no documents of the kind that the rules ask of'],
  // No JSON, or nothing that can be unpacked to it.
  ['broken', 'are not the JSON that their type promises'],
]);

/** `: most are text/html`, where most of the unread answers of the canary have that in common; else empty. */
export function whyUnread({ canary }: Pick<Window, 'canary'>): string {
  const { unread = 0, unreadAs = {} } = canary.content ?? {};
  const known = Object.entries(unreadAs).filter(([why]) => why !== NO_ROOM && why !== '');
  const [[why, count] = ['', 0]] = known.toSorted(([, left], [, right]) => right - left);
  if (why === '' || count < MOST_OF_THEM * unread) return '';
  return `: most ${REASONS.get(why) ?? `are ${clip(why)}`}`;
}
