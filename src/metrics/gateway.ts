import type { Block } from '../stats/block.ts';
import type { SliceBlock } from '../stats/slice.ts';
import type { MetricsSource } from './source.ts';

/** What the gateway's recorder offers, passed in because adapters never import a plane. */
export type CollectBlocks = (
  route: string,
  after: string | null,
  slowAfterMs: number,
) => Promise<{ readonly blocks: readonly Block[]; readonly cursor: string }>;

/** The gateway's own tallies in this process as a metrics source: always available, exact, one block per look. */
export function gatewaySource(
  collect: CollectBlocks,
  slices: (route: string) => Promise<readonly SliceBlock[]> = async () => [],
): MetricsSource {
  return {
    name: 'gateway',
    slices,
    collect: async ({ route, after, slowAfterMs }) => ({
      kind: 'blocks',
      ...(await collect(route, after, slowAfterMs)),
    }),
  };
}
