import type { ErrorMargin } from '../../policy/checks/margins.ts';
import { type Boundary, boundaryAt } from '../../stats/evidence/e-value.ts';

/**
 * Where the margins of a finding end for the canary, in the unit of its figures and at the stable's present one. Null where
 * there is no such margin in that unit, or no figure yet; a share is at most 1 and at least 0.
 */
export interface Limits {
  /** Beyond it harm is found, or the canary is held by a check that only holds. */
  readonly rollback: number | null;
  readonly parity: number | null;
}

export const NO_LIMITS: Limits = { rollback: null, parity: null };

export function edgeOf({ relative, absolute }: ErrorMargin): Boundary {
  return { rho: 1 + relative, a: absolute };
}

/**
 * Of a share of which more is worse: the rollback margin is one line, the parity margin the larger of several, none for none.
 *
 * @example limitsAbove(0.01, { rho: 1.1, a: 0.001 }, [{ rho: 1.25, a: 0 }, { rho: 1, a: 0.001 }])
 * // { rollback: 0.012, parity: 0.0125 }
 */
export function limitsAbove(stable: number | null, rollback: Boundary | null, parity: readonly Boundary[]): Limits {
  if (stable === null) return NO_LIMITS;
  return {
    rollback: rollback && shareOf(boundaryAt(rollback, stable)),
    parity: parity.length === 0 ? null : shareOf(Math.max(...parity.map((edge) => boundaryAt(edge, stable)))),
  };
}

/**
 * Of a share of which less is worse: the stable may have so much more than the canary.
 *
 * @example limitsBelow(0.5, { rho: 2, a: 0.1 }, [{ rho: 1.25, a: 0 }]) // { rollback: 0.2, parity: 0.4 }
 */
export function limitsBelow(stable: number | null, rollback: Boundary | null, parity: readonly Boundary[]): Limits {
  if (stable === null) return NO_LIMITS;
  const below = ({ rho, a }: Boundary) => (stable - a) / rho;
  return {
    rollback: rollback && shareOf(below(rollback)),
    parity: parity.length === 0 ? null : shareOf(Math.min(...parity.map(below))),
  };
}

function shareOf(limit: number): number {
  return Math.min(1, Math.max(0, limit));
}
