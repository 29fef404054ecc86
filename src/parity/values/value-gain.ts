import type { FindingContext } from '../context.ts';
import type { Gain } from '../in-time.ts';

/** How many answers of a request are asked for a value: fewer than one where only some are of its kind, or in the sample. */
export function perRequest({ step: { canary, stable } }: Pick<FindingContext, 'step'>, name: string): number {
  const asked = (canary.values?.[name]?.asked ?? 0) + (stable.values?.[name]?.asked ?? 0);
  const requests = canary.requests + stable.requests;
  return requests === 0 ? 1 : asked / requests;
}

/** What an answer brings, as what a request brings. */
export function scaled({ gainAt, phi, wider }: Gain, perRequest: number): Gain {
  return {
    gainAt: (share) => perRequest * gainAt(share),
    phi,
    wider: wider.map((one) => ({ margin: one.margin, gainAt: (share) => perRequest * one.gainAt(share) })),
  };
}
