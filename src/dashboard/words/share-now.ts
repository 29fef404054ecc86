import type { RolloutView } from '../views.ts';

/** The share of the canary in basis points that is in force; where that is not known, as with another router, the ordered one. */
export function shareNow({ canaryBps, inForceBps }: Pick<RolloutView, 'canaryBps' | 'inForceBps'>): number {
  return inForceBps ?? canaryBps;
}
