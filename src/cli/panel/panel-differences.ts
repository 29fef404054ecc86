import type { RolloutView } from '../../api/view-schemas.ts';
import type { DifferenceView } from '../../api/views/difference-view.ts';
import { formatCount } from '../../parity/figures.ts';
import { clean, fit, padTo } from '../text.ts';
import { differencesOf, nameDifference } from './difference-text.ts';
import { measureOf, type Paint } from './figures.ts';

const SHARE = 9;
const REQUESTS = 20;
const FIRST_SEEN = 13;
/** Columns from which there is room for all of it. */
const WIDE = 110;
const MOST_SHOWN = 3;

/** What the versions answer or log differently: the three worst, and where the others are told. Empty if nothing differs. */
export function renderDifferences(view: RolloutView, width: number, paint: Paint): string[] {
  const all = differencesOf(view);
  if (all.length === 0) return [];
  const isWide = width >= WIDE;
  const named = width - 2 * SHARE - (isWide ? REQUESTS + FIRST_SEEN : 0);
  const row = (name: string, canary: string, stable: string, of: string, firstSeen: string) =>
    padTo(fit(name, named - 1), named) +
    canary.padStart(SHARE) +
    stable.padStart(SHARE) +
    (isWide ? of.padStart(REQUESTS) + firstSeen.padStart(FIRST_SEEN) : '');
  const rowOf = (one: DifferenceView) =>
    row(
      nameDifference(one),
      measureOf(one.canary.share, 'share'),
      measureOf(one.stable.share, 'share'),
      `${formatCount(one.canary.of)} / ${formatCount(one.stable.of)}`,
      one.firstSeen?.slice(11, 19) ?? '-',
    );
  const more = all.length - MOST_SHOWN;
  const others = more > 0 ? `and ${more} more` : 'rates, consumers and examples';
  return [
    '',
    paint.dim(row('differs', 'canary', 'stable', 'of', 'first seen')),
    ...all.slice(0, MOST_SHOWN).map((one) => (one.effect === 'breaking' ? rowOf(one) : paint.dim(rowOf(one)))),
    paint.dim(fit(`${others}: serin explain ${clean(view.route)}`, width)),
  ];
}
