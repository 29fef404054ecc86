import type { Sighting, SightingName } from '../stats/answers/sighting.ts';
import type { Block } from '../stats/block.ts';
import type { SliceBlock } from '../stats/slice.ts';
import type { UnitDraws } from '../stats/units/unit-block.ts';
import type { UnitCounts } from '../stats/units/unit-ledger.ts';
import type { MetricsSource } from './source.ts';

/** What the gateway's recorder offers, passed in because adapters never import a plane. */
export type CollectBlocks = (
  route: string,
  after: string | null,
  slowAfterMs: number,
) => Promise<{ readonly blocks: readonly Block[]; readonly cursor: string }>;

/** What else it knows of a route. */
export interface GatewayKnowledge {
  slices(route: string): Promise<readonly SliceBlock[]>;
  units(route: string, draws: UnitDraws): Promise<UnitCounts | null>;
  sightings(route: string, names: readonly SightingName[]): Promise<ReadonlyMap<SightingName, Sighting>>;
}

/** The gateway's own tallies in this process as a metrics source: always available, exact, one block per look. */
export function gatewaySource(collect: CollectBlocks, knowledge: Partial<GatewayKnowledge> = {}): MetricsSource {
  return {
    name: 'gateway',
    slices: async (route) => (await knowledge.slices?.(route)) ?? [],
    units: async (route, draws) => (await knowledge.units?.(route, draws)) ?? null,
    sightings: async (route, names) => (await knowledge.sightings?.(route, names)) ?? new Map(),
    collect: async ({ route, after, slowAfterMs }) => ({
      kind: 'blocks',
      ...(await collect(route, after, slowAfterMs)),
    }),
  };
}
