import diagnostics from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { type Difference, Pair, type Standing } from './differential.ts';
import { conversation, sizeOf } from './request-bytes.ts';

const LANES: readonly Standing[] = ['outsider', 'trusted', 'outsider', 'trusted', 'outsider', 'trusted'];
const BATCH = 400;

export interface DifferentialRun {
  readonly requests: number;
  readonly seed: number;
  /** Told after each batch. */
  readonly onProgress?: (compared: number) => void;
}

export interface DifferentialResult {
  readonly compared: number;
  /** How many of them, sentinels included, the fast path handed over. */
  readonly handedOver: number;
  readonly difference: Difference | null;
}

/** Compares the two paths over generated conversations, until one differs or `requests` have been compared. */
export async function runDifferential({ requests, seed, onProgress }: DifferentialRun): Promise<DifferentialResult> {
  const pairs = await Promise.all(LANES.map((standing) => Pair.start(standing)));
  const fastPorts = new Set(pairs.map(({ fast }) => fast.port));
  let handedOver = 0;
  const onRequest = (message: unknown): void => {
    const { server } = message as { readonly server: Server };
    if (fastPorts.has((server.address() as AddressInfo).port)) handedOver++;
  };
  diagnostics.subscribe('http.server.request.start', onRequest);
  let compared = 0;
  let difference: Difference | null = null;
  try {
    for (let batch = 0; compared < requests && difference === null; batch++) {
      const queue = fc.sample(conversation, { numRuns: BATCH, seed: seed + batch });
      await Promise.all(
        pairs.map(async (pair) => {
          for (let next = queue.pop(); next && difference === null; next = queue.pop()) {
            difference ??= await pair.compare(next);
            compared += sizeOf(next);
          }
        }),
      );
      onProgress?.(compared);
    }
  } finally {
    diagnostics.unsubscribe('http.server.request.start', onRequest);
    await Promise.all(pairs.map((pair) => pair.close()));
  }
  return { compared, handedOver, difference };
}
