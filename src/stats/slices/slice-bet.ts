import type { Boundary } from '../evidence/e-value.ts';

/** What may be worse in a slice: failed requests, the 4xx that are no errors, slow answers. */
export type SliceKind = 'errors' | 'clientErrors' | 'slow';

/** In the order in which a place keeps them. */
export const SLICE_KINDS: readonly SliceKind[] = ['errors', 'clientErrors', 'slow'];

/** How the evidence of a slice is divided among them. */
export const KIND_WEIGHTS: Readonly<Record<SliceKind, number>> = { errors: 0.5, clientErrors: 0.25, slow: 0.25 };

/** The least that is tolerated in a single slice; a policy's own margin applies where it is wider. */
export const SLICE_BOUNDARIES: Readonly<Record<SliceKind, Boundary>> = {
  errors: { rho: 1.5, a: 0.01 },
  clientErrors: { rho: 2, a: 0.1 },
  slow: { rho: 2, a: 0.05 },
};
