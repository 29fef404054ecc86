import type { AuditView } from '../views.ts';
import { clockTime } from '../words/clock.ts';
import { decisionWords } from '../words/decision-words.ts';
import { said } from '../words/said.ts';

/** `Paused (mira, 13:22:58: “looking at p99”)` */
export function happenedWords(entry: AuditView): string {
  const { actor, at, reason } = entry;
  const who = actor.role === 'serin' ? 'Serin' : actor.name;
  const why = reason === '' ? '' : `: “${reason}”`;
  return said(`${decisionWords(entry).title} (${who}, ${clockTime(Date.parse(at))}${why})`);
}

/** All of them in their order. */
export function allHappened(newestFirst: readonly AuditView[]): string {
  return newestFirst.toReversed().map(happenedWords).join('; then ');
}
