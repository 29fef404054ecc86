import type { Block } from '../stats/block.ts';

export interface CollectRequest {
  readonly route: string;
  /** The cursor of the last collection that was committed; null to begin. Blocks up to it may be forgotten. */
  readonly after: string | null;
  /** Age at which an open request counts as slow, so that its block can close: the largest threshold in use. */
  readonly slowAfterMs: number;
}

/** Absence is a value: a source that has nothing usable says so and why. */
export type Collected =
  | { readonly kind: 'blocks'; readonly blocks: readonly Block[]; readonly cursor: string | null }
  | { readonly kind: 'unusable'; readonly reason: string };

export interface MetricsSource {
  readonly name: string;
  collect(request: CollectRequest, signal: AbortSignal): Promise<Collected>;
}
