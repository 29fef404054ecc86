import type { Block } from '../stats/block.ts';
import type { MetricsSource } from './source.ts';

/** What the gateway's recorder offers, handed in because adapters never import a plane. */
export type CollectBlocks = (
  route: string,
  after: string | null,
  slowAfterMs: number,
) => { readonly blocks: readonly Block[]; readonly cursor: string };

/** The gateway's own tallies of this process as a metrics source: always there, exact, one block a look. */
export function gatewaySource(collect: CollectBlocks): MetricsSource {
  return {
    name: 'gateway',
    collect: ({ route, after, slowAfterMs }) =>
      Promise.resolve({ kind: 'blocks', ...collect(route, after, slowAfterMs) }),
  };
}
