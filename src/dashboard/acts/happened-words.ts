import type { AuditView } from '../views.ts';
import { clockTime } from '../words/clock.ts';
import { decisionWords } from '../words/decision-words.ts';
import { wordsBy } from '../words/quoted.ts';
import { legible } from '../words/said.ts';

/** One entry of the audit: `Paused (mira, 13:22:58)`, and why by its person's words; empty for none. */
export interface HappenedWords {
  readonly seq: number;
  readonly what: string;
  readonly why: string;
}

function happenedWords(entry: AuditView): HappenedWords {
  const { seq, actor, at, reason } = entry;
  const who = actor.role === 'serin' ? 'Serin' : actor.name;
  const what = legible(`${decisionWords(entry).title} (${who}, ${clockTime(Date.parse(at))})`);
  return { seq, what, why: wordsBy(actor.role, reason) };
}

/** All of them in their order. */
export function allHappened(newestFirst: readonly AuditView[]): readonly HappenedWords[] {
  return newestFirst.toReversed().map(happenedWords);
}
