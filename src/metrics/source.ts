import type { Checks } from '../policy/schema.ts';
import type { SplitOrder, Track, Upstream } from '../split/order.ts';
import type { Sighting, SightingName } from '../stats/answers/sighting.ts';
import type { Block, SeriesValue } from '../stats/block.ts';
import type { SliceBlock } from '../stats/slice.ts';
import type { UnitDraws } from '../stats/units/unit-block.ts';
import type { UnitCounts } from '../stats/units/unit-ledger.ts';

export interface CollectRequest {
  readonly route: string;
  /** The cursor of the last committed collection; null to begin. Blocks up to it may be discarded. */
  readonly after: string | null;
  /** Age at which an open request counts as slow, so that its block can close: the largest threshold in use. */
  readonly slowAfterMs: number;
  readonly versions: { readonly stable: Upstream; readonly canary: Upstream };
  /** The ordered split, and since when (epoch ms) it has been observed in force; null until then. */
  readonly split: { readonly epoch: number; readonly canaryBps: number; readonly since: number | null };
  readonly measure: SplitOrder['measure'];
  readonly queries: Checks['queries'];
  /** How often a pair of probes is sent; omitted where the policy asks for none, or no versions are compared. */
  readonly probesEveryMs?: number;
  /** Whether the policy has what the versions log checked. */
  readonly logs?: true;
}

/** Absence is a value: a source that has nothing usable says so and why. */
export type Collected =
  | {
      readonly kind: 'blocks';
      readonly blocks: readonly Block[];
      readonly cursor: string | null;
      /** Which part of the evidence is missing, in one sentence; omitted if none is. */
      readonly missing?: string;
    }
  | { readonly kind: 'unusable'; readonly reason: string };

/** What to try before a rollout relies on it. */
export interface CheckRequest {
  readonly route: string;
  /** The names of the versions; null for one that is not known yet. */
  readonly versions: Readonly<Record<Track, string | null>>;
  readonly queries: Checks['queries'];
}

/** The outcome of one question. */
export interface SourceAnswer {
  /** The query check that asked; null for the source's own measurements. */
  readonly check: string | null;
  /** What was asked for, in a word or two. */
  readonly what: string;
  readonly source: string;
  readonly track: Track;
  readonly version: string;
  /**
   * `nothing`: it selects nothing for this version; `unusable`: the result is not a usable number; `refused`: it can never
   * be answered in this form; `undeclared`: there is no such source; `unreachable`: not known.
   */
  readonly outcome: 'value' | 'nothing' | 'unusable' | 'refused' | 'undeclared' | 'unreachable';
  readonly value: SeriesValue;
  /** A clause: the result, or why it is not usable. */
  readonly says: string;
}

export interface MetricsSource {
  readonly name: string;
  collect(request: CollectRequest, signal: AbortSignal): Promise<Collected>;
  /** Asks once for everything that a rollout would need. Omitted by a source that has nothing to ask. */
  check?(request: CheckRequest, signal: AbortSignal): Promise<readonly SourceAnswer[]>;
  /** The slices of the last collected blocks, oldest first, if the source separates them; at most what it holds in memory. */
  slices?(route: string): Promise<readonly SliceBlock[]>;
  /**
   * What the units of a sticky route did under the present weight, as far as collected, and before it; null while there is
   * nothing of both. Omitted by a source that does not know the keys.
   */
  units?(route: string, draws: UnitDraws): Promise<UnitCounts | 'uncounted' | null>;
  /** What is remembered of these, as far as anything is. Omitted by a source that reads no answers and no logs. */
  sightings?(route: string, names: readonly SightingName[]): Promise<ReadonlyMap<SightingName, Sighting>>;
}
