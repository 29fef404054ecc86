import type { Block, Tally } from '../../stats/block.ts';

const NO_TALLY: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };

/**
 * What the gateway sent under this split: assigned at random, and separately by force or by a list. Keys that went together did
 * so whoever measures. That requests were drawn one by one is not said: what is measured elsewhere is not exactly those.
 */
export function routedBy(
  blocks: readonly Block[] | null,
  epoch: number,
): Pick<Block, 'assignment' | 'routed' | 'forced' | 'ruled'> {
  const nobody = { stable: NO_TALLY, canary: NO_TALLY };
  if (blocks === null) return { forced: nobody, ruled: nobody };
  const own = blocks.filter(({ splitEpoch }) => splitEpoch === epoch);
  const requests = (of: (block: Block) => Tally | null) =>
    own.reduce((sum, block) => sum + (of(block)?.requests ?? 0), 0);
  return {
    ...(own.some(({ assignment }) => assignment === 'by-key') ? { assignment: 'by-key' } : {}),
    routed: { stable: requests(({ stable }) => stable), canary: requests(({ canary }) => canary) },
    forced: own.reduce((sum, { forced }) => addPair(sum, forced), nobody),
    ruled: own.reduce((sum, { ruled }) => addPair(sum, ruled), nobody),
  };
}

function addPair(left: Block['forced'], right: Block['forced']): Block['forced'] {
  return { stable: addCounts(left.stable, right.stable), canary: addCounts(left.canary, right.canary) };
}

/** Counts only: the gateway's latencies use a different grid from the source's. */
function addCounts(left: Tally, right: Tally): Tally {
  return {
    requests: left.requests + right.requests,
    errors: left.errors + right.errors,
    clientErrors: left.clientErrors + right.clientErrors,
    latency: {},
    ...(left.answers || right.answers ? { answers: [...(left.answers ?? []), ...(right.answers ?? [])] } : {}),
  };
}
