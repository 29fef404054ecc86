import type { Checks } from '../policy/schema.ts';
import type { SplitOrder, Upstream } from '../split/order.ts';
import type { Block } from '../stats/block.ts';

export interface CollectRequest {
  readonly route: string;
  /** The cursor of the last collection that was committed; null to begin. Blocks up to it may be forgotten. */
  readonly after: string | null;
  /** Age at which an open request counts as slow, so that its block can close: the largest threshold in use. */
  readonly slowAfterMs: number;
  readonly versions: { readonly stable: Upstream; readonly canary: Upstream };
  /** The split that is ordered, and since when (epoch ms) it has been seen applied; null until then. */
  readonly split: { readonly epoch: number; readonly canaryBps: number; readonly since: number | null };
  readonly measure: SplitOrder['measure'];
  readonly queries: Checks['queries'];
}

/** Absence is a value: a source that has nothing usable says so and why. */
export type Collected =
  | {
      readonly kind: 'blocks';
      readonly blocks: readonly Block[];
      readonly cursor: string | null;
      /** What part of the evidence is missing, in one sentence; left out where nothing is. */
      readonly missing?: string;
    }
  | { readonly kind: 'unusable'; readonly reason: string };

export interface MetricsSource {
  readonly name: string;
  collect(request: CollectRequest, signal: AbortSignal): Promise<Collected>;
}
