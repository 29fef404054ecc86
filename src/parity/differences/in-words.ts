import type { Difference } from './difference.ts';

type Said = Pick<Difference, 'effect' | 'place' | 'says'>;

/**
 * The worst of the differences as a clause about the canary or what `verb` is of, and how many more there are:
 * `differs in GET /orders/{id} 2xx: /amount is gone (0 of 412 answers against 3,690 of 3,690), and in 4 more things`.
 * Null where there is none.
 *
 * @param differences the worst first
 */
export function differencesInWords(differences: readonly Said[], verb = 'differs'): string | null {
  const worst = differences.find(({ effect }) => effect === 'breaking') ?? differences[0];
  if (worst === undefined) return null;
  const more = differences.filter(({ effect }) => effect === worst.effect).length - 1;
  const others = more === 0 ? '' : `, and in ${more === 1 ? 'one more thing' : `${more} more things`}`;
  return `${verb}${worst.place === '' ? '' : ` in ${worst.place}`}: ${worst.says}${others}`;
}
