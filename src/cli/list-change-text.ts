import type { ListChangeView } from '../api/consumers/consumer-view.ts';
import { clean, table } from './text.ts';

type Change = ListChangeView['changes'][number];
type Side = Change['before'];

/** A change of a list, as text: who gets what, and what is said of it. */
export function listChangeText({ says, changes }: ListChangeView): string {
  const sentences = says.map(clean).join('\n');
  return changes.length === 0 ? sentences : `${consumerChangesText(changes)}\n\n${sentences}`;
}

/** Who changes, as a table. */
export function consumerChangesText(changes: readonly Change[]): string {
  const later = changes.some(({ before, after }) => before.onceRulesCount !== null || after.onceRulesCount !== null);
  const heading = ['NAME', 'RULE', 'NOW', ...(later ? ['FROM STEP-1 ON'] : []), 'ALSO', 'WHY'];
  const rows = changes.map((change) => [
    change.name,
    fromTo(change, ({ rule }) => rule ?? 'not listed'),
    fromTo(change, ({ now }) => now.says),
    ...(later ? [fromTo(change, ({ onceRulesCount, now }) => (onceRulesCount ?? now).says)] : []),
    alsoOf(change),
    change.why,
  ]);
  return table(heading, rows);
}

function fromTo({ before, after }: Pick<Change, 'before' | 'after'>, said: (side: Side) => string): string {
  const [was, is] = [said(before), said(after)];
  return was === is ? is : `${was} -> ${is}`;
}

function alsoOf({ what, before, after, credential }: Change): string {
  if (what === 'removed') return '';
  const fields = (['group', 'wave', 'due', 'contact'] as const).filter((field) => before[field] !== after[field]);
  const said = fields.map((field) =>
    after[field] === null
      ? `no ${field}`
      : before[field] === null
        ? `${field} ${after[field]}`
        : `${field} ${before[field]} -> ${after[field]}`,
  );
  return [...said, ...(what === 'changed' && credential === 'new' ? ['another credential'] : [])].join(', ');
}
