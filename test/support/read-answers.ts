import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { AnswerReads } from '../../src/split/answer-reads.ts';
import { type AnswerCounts, addAnswerCounts } from '../../src/stats/answers/answer-counts.ts';
import { orderTo, type RunningGateway, routeTo, startGateway } from './gateway.ts';

export const NOTHING: AnswerReads = { sample: 1, failures: [], values: {}, categories: {}, own: [], lastData: null };

const BLOCK_MS = 20;

export type Serve = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

/** A gateway before an upstream that serves so, whose answers from the canary are read. */
export async function readingGateway(reads: Partial<AnswerReads>, serve: Serve): Promise<RunningGateway> {
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await startGateway([routeTo(url)]);
  const measure = { blockMs: BLOCK_MS, errorStatuses: ['5xx' as const], reads: { ...NOTHING, ...reads } };
  await gateway.setSplit(orderTo(url, url, { canaryBps: 10_000, measure }));
  return gateway;
}

/** What was found in the answers of the canary so far, in all closed blocks together, and how many those were. */
export async function foundIn(
  gateway: RunningGateway,
  slowAfterMs = 60_000,
): Promise<AnswerCounts & { readonly requests: number }> {
  const { blocks } = await gateway.peek('shop', null, slowAfterMs);
  return blocks.reduce<AnswerCounts & { readonly requests: number }>(
    (sum, { canary }) =>
      canary === null ? sum : { ...addAnswerCounts(sum, canary), requests: sum.requests + canary.requests },
    { requests: 0 },
  );
}

/** The same, as soon as it is so, a block later: what is found in one answer may fall on both sides of the end of a block. */
export async function foundOnce(
  gateway: RunningGateway,
  isSo: (found: Awaited<ReturnType<typeof foundIn>>) => boolean,
  slowAfterMs?: number,
): Promise<Awaited<ReturnType<typeof foundIn>>> {
  const patience = performance.now() + 10_000;
  for (;;) {
    const found = await foundIn(gateway, slowAfterMs);
    if (isSo(found)) break;
    if (performance.now() > patience) throw new Error(`not so after 10 s: ${JSON.stringify(found)}`);
    await sleep(10);
  }
  await sleep(BLOCK_MS + 5);
  return foundIn(gateway, slowAfterMs);
}

/** What is found in one answer of the canary, where the order reads `reads`. */
export async function readOf(reads: Partial<AnswerReads>, serve: Serve) {
  const gateway = await readingGateway(reads, serve);
  const answer = await fetch(`${gateway.url}/a`);
  const body = await answer.text();
  return { body, tally: await foundOnce(gateway, ({ requests }) => requests > 0) };
}
