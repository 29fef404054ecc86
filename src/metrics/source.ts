import type { Checks } from '../policy/schema.ts';
import type { SplitOrder, Track, Upstream } from '../split/order.ts';
import type { Block, SeriesValue } from '../stats/block.ts';
import type { SliceBlock } from '../stats/slice.ts';

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

/** What is to be tried before a rollout relies on it. */
export interface CheckRequest {
  readonly route: string;
  /** What people call the versions; null for one that is not known yet. */
  readonly versions: Readonly<Record<Track, string | null>>;
  readonly queries: Checks['queries'];
}

/** What one question came back with. */
export interface SourceAnswer {
  /** The query check that asked; null where the source's own measurements were asked for. */
  readonly check: string | null;
  /** What was asked for, in a word or two. */
  readonly what: string;
  readonly source: string;
  readonly track: Track;
  readonly version: string;
  /**
   * `nothing`: it selects nothing for this version; `unusable`: what came is no usable number; `refused`: it can never
   * be answered as it is; `undeclared`: there is no such source; `unreachable`: nobody knows.
   */
  readonly outcome: 'value' | 'nothing' | 'unusable' | 'refused' | 'undeclared' | 'unreachable';
  readonly value: SeriesValue;
  /** A clause: what came, or why nothing usable did. */
  readonly says: string;
}

export interface MetricsSource {
  readonly name: string;
  collect(request: CollectRequest, signal: AbortSignal): Promise<Collected>;
  /** Asks once for everything that a rollout would need. A source that has nothing to ask leaves it out. */
  check?(request: CheckRequest, signal: AbortSignal): Promise<readonly SourceAnswer[]>;
  /** The slices of the last blocks collected, oldest first, where the source tells them apart; no more than it holds in memory. */
  slices?(route: string): Promise<readonly SliceBlock[]>;
}
