import type { RestoreView } from '../api/restore/restore-view.ts';
import { reasonInWords } from '../rollout/words/quote.ts';
import { consumerChangesText } from './list-change-text.ts';
import { clean, table } from './text.ts';

/** What a restore puts back, as text: the entry, what changes from now to then, what is said of it, and what stays. */
export function restoreText({ entry, rollout, consumers, says, left }: RestoreView): string {
  const { seq, at, event, actor, reason } = entry;
  const parts = rollout?.changes ?? [];
  const rows = parts.map(({ part, before, after }) => [part, before, after].map(clean));
  return [
    `To before entry ${seq}: ${clean(event)} by ${clean(actor.name)} at ${at.slice(0, 19)}, ${clean(reasonInWords(reason, actor))}`,
    ...(rows.length === 0 ? [] : [table(['WHAT', 'NOW', 'THEN'], rows)]),
    ...(consumers.length === 0 ? [] : [consumerChangesText(consumers)]),
    [...says, ...left.map((one) => `Not put back: ${one}`)].map(clean).join('\n'),
  ].join('\n\n');
}
