import type { RolloutView } from '../../api/view-schemas.ts';

const MOST_NAMED = 3;

/** What the documents of both versions say beside what was seen: the sums, and the first differences of those that nobody declared or saw. */
export function declaredText({ says, differences }: NonNullable<RolloutView['declared']>): string {
  const named = differences
    .filter(({ told, effect }) => told !== 'declared-and-seen' && effect === 'breaking')
    .slice(0, MOST_NAMED)
    .map((one) => `${one.says} (${one.place}, ${one.told.replaceAll('-', ' ')})`);
  return named.length === 0 ? says : `${says}: ${named.join('; ')}`;
}
