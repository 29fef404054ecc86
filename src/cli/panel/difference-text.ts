import type { RolloutView } from '../../api/view-schemas.ts';
import type { DifferenceView } from '../../api/views/difference-view.ts';
import { clean } from '../text.ts';

/** What differs between the versions, of all checks together: what can break a client first, then by its evidence. */
export function differencesOf({ verdict }: Pick<RolloutView, 'verdict'>): readonly DifferenceView[] {
  const said = [...(verdict?.findings ?? []), ...(verdict?.reservations ?? [])];
  const all = said.flatMap(({ differences = [] }) => differences);
  return all.toSorted(
    (one, other) =>
      Number(other.effect === 'breaking') - Number(one.effect === 'breaking') ||
      // Null stands for more than a number can say.
      (other.logHarm ?? Number.MAX_VALUE) - (one.logHarm ?? Number.MAX_VALUE),
  );
}

const WORDS: Readonly<Record<string, (to: string | null) => string>> = {
  removed: () => 'gone',
  renamed: (to) => `renamed to ${to ?? 'another name'}`,
  retyped: (to) => `became ${to ?? 'another type'}`,
  nullable: () => 'may be null',
  optional: () => 'may be missing',
  'new-value': (to) => `new value ${to ?? ''}`.trim(),
  reformatted: (to) => `other format${to === null ? '' : `, ${to}`}`,
  'other-type': (to) => `other type${to === null ? '' : `, ${to}`}`,
  'other-value': () => 'other values',
  added: () => 'new',
  wider: () => 'wider range',
  'new-template': () => 'new line',
  'lost-template': () => 'no longer logged',
  'more-lines': () => 'more lines',
  'other-mix': () => 'other mix of lines',
  'lost-field': () => 'field no longer logged',
  'new-call': () => 'new call',
  'lost-call': () => 'no longer called',
  'other-call-rate': () => 'other number of calls',
};

/** `/amount: renamed to /total, GET /orders/{id} 2xx` */
export function nameDifference({ kind, path, to, place }: DifferenceView): string {
  const what = WORDS[kind]?.(to) ?? kind;
  return clean(`${path === '' ? 'the document' : path}: ${what}${place === '' ? '' : `, ${place}`}`);
}
