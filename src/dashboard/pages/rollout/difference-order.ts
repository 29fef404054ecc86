import type { DifferenceView, RolloutView, VerdictView } from '../../views.ts';

/** What differs between the versions, of all checks together: what can break a client first, then by its evidence. */
export function worstDifferences(verdict: VerdictView | null): readonly DifferenceView[] {
  const saying = [...(verdict?.findings ?? []), ...(verdict?.reservations ?? [])];
  const all = saying.flatMap(({ differences = [] }) => differences);
  return all.toSorted((one, other) => rankOf(one) - rankOf(other) || weightOf(other) - weightOf(one));
}

function rankOf({ effect }: DifferenceView): number {
  return effect === 'breaking' ? 0 : 1;
}

// Null stands for more than a number can say.
function weightOf({ logHarm }: DifferenceView): number {
  return logHarm ?? Number.MAX_VALUE;
}

/** Whether a check of this verdict compares answers or log lines at all: then that none differs is worth saying. */
export function comparesAnswers({ verdict }: Pick<RolloutView, 'verdict'>): boolean {
  return verdict?.findings.some(({ differences }) => differences !== undefined) ?? false;
}
