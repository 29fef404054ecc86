import { describe, expect, it } from 'vitest';
import { OwnListeners } from '../../../src/gateway/upstream/own-listeners.ts';
import { Pool } from '../../../src/gateway/upstream/pool.ts';
import type { AnswerHandler, UpstreamClient } from '../../../src/gateway/upstream/upstream-client.ts';
import { noFaults, using } from '../../support/gateway.ts';
import { httpUpstream } from '../../support/upstream.ts';

const TIMEOUTS = { connectMs: 1_000, answerMs: 1_000, silenceMs: 1_000 };

/** The chunk of an answer of one chunk, as it was given: no copy of it. */
function ask(client: UpstreamClient, path: string, onChunk: 'lets-go' | 'holds'): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let given: Buffer = Buffer.alloc(0);
    const handler: AnswerHandler = {
      onInform: () => {},
      onHead: () => {},
      onData: (chunk) => {
        given = chunk;
        return onChunk === 'lets-go';
      },
      onEnd: () => resolve(given),
      onError: ({ kind }) => reject(new Error(kind)),
      onFault: reject,
    };
    client.request(
      {
        method: 'GET',
        path,
        headers: 'Host: shop.test\r\n',
        body: null,
        timeouts: TIMEOUTS,
        lane: 'open',
        share: null,
      },
      handler,
    );
  });
}

describe('the memory into which a connection is read', () => {
  async function connected() {
    const ports = new Set<number | undefined>();
    const upstream = await using(
      httpUpstream(({ url = '', socket }, outgoing) => {
        ports.add(socket.remotePort);
        outgoing.end(url.slice(1).repeat(100));
      }),
    );
    const origin = {
      protocol: 'http:',
      hostname: '127.0.0.1',
      port: upstream.port,
      servername: null,
      trust: null,
    } as const;
    const pool = new Pool({
      origin,
      own: new OwnListeners(),
      inFlight: 1,
      forced: 1,
      sweepMs: 1_000,
      faults: noFaults,
    });
    return { pool, ports };
  }

  it('is used again when the chunk was let go of', async () => {
    const { pool, ports } = await connected();
    const first = await ask(pool, '/a', 'lets-go');
    await ask(pool, '/b', 'lets-go');
    expect(ports.size).toBe(1);
    expect(first.toString()).toBe('b'.repeat(100));
    pool.destroy();
  });

  it('is left to a chunk that is still held when its answer is over', async () => {
    const { pool, ports } = await connected();
    const first = await ask(pool, '/a', 'holds');
    await ask(pool, '/b', 'lets-go');
    expect(ports.size).toBe(1);
    expect(first.toString()).toBe('a'.repeat(100));
    pool.destroy();
  });
});
