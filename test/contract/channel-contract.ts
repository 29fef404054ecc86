import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Channel } from '../../src/notify/channel.ts';
import type { Message, MessageKind } from '../../src/rollout/message.ts';

export interface ChannelUnderTest {
  /** The channel, delivering to this http address and carrying this secret. */
  make(url: string, secret: string): Channel;
  /** The status with which the real service takes a message. */
  readonly takenStatus: number;
}

export interface Received {
  readonly path: string;
  readonly method: string;
  readonly body: string;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

const SECRET = 'R0UT1NGKEYTHATNOBODYMAYSEE';

export function messageOf(kind: MessageKind, more: Partial<Message> = {}): Message {
  return {
    id: `0198-7-${kind}`,
    kind,
    dedupKey: 'serin/payments/0198',
    route: 'payments',
    rolloutId: '0198',
    summary: 'payments protected: v2 rolled back at 10%, v1 serves 100%: errors 4.8 % against 0.2 %',
    severity: 'critical',
    details: { stage: 'rolled-back', attempt: 1 },
    at: '2026-11-20T10:15:00.000Z',
    ...more,
  };
}

/** What every channel that is one HTTP request must do with every kind of answer. */
export function channelContract(name: string, subject: ChannelUnderTest): void {
  const open: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });

  async function serve(listener: Listener): Promise<string> {
    const server = createServer((request, response) => void listener(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  const answering = (status: number, headers: Record<string, string> = {}, body = '{}') =>
    serve((request, response) => {
      request.resume().on('end', () => response.writeHead(status, headers).end(body));
    });

  async function deliverTo(url: string, signal = AbortSignal.timeout(10_000)) {
    const channel = subject.make(url, SECRET);
    const [kind = 'page'] = channel.takes;
    const delivery = await channel.deliver(messageOf(kind), signal);
    expect(JSON.stringify(delivery)).not.toContain(SECRET);
    return delivery;
  }

  describe(`${name} keeps the channel contract`, () => {
    it('delivers every kind it takes, once, as a POST with a JSON body', async () => {
      const received: Received[] = [];
      const url = await serve(async (request, response) => {
        received.push(await receive(request));
        response.writeHead(subject.takenStatus).end('{}');
      });
      const channel = subject.make(url, SECRET);
      for (const kind of channel.takes) {
        expect(await channel.deliver(messageOf(kind), AbortSignal.timeout(10_000))).toEqual({ kind: 'delivered' });
      }
      expect(received).toHaveLength(channel.takes.length);
      for (const { method, body } of received) {
        expect(method).toBe('POST');
        expect(JSON.parse(body)).toBeTypeOf('object');
      }
    });

    it('is reached by any answer, to a request that carries neither message nor secret', async () => {
      const received: Received[] = [];
      const url = await serve(async (request, response) => {
        received.push(await receive(request));
        expect(JSON.stringify(request.headers)).not.toContain(SECRET);
        response.writeHead(404).end('{}');
      });
      expect(await subject.make(url, SECRET).reach?.(AbortSignal.timeout(10_000))).toBeNull();
      expect(received).toEqual([{ path: '/', method: 'GET', body: '' }]);
      await open.pop()?.();
      expect(await subject.make(url, SECRET).reach?.(AbortSignal.timeout(10_000))).toContain('ECONNREFUSED');
    });

    it.each([400, 401, 403, 404, 413, 422])('gives a message up that is refused with %i', async (status) => {
      expect(await deliverTo(await answering(status))).toMatchObject({ kind: 'rejected' });
    });

    it.each([500, 502, 503, 504])('tries again after %i', async (status) => {
      const delivery = await deliverTo(await answering(status));
      expect(delivery).toMatchObject({ kind: 'failed', reason: expect.stringContaining(String(status)) });
    });

    it('tries again after 429, not before its Retry-After in seconds', async () => {
      expect(await deliverTo(await answering(429, { 'retry-after': '17' }))).toMatchObject({
        kind: 'failed',
        retryAfterMs: 17_000,
      });
    });

    it('takes a Retry-After of a year for an hour, and one that is no time for none', async () => {
      expect(await deliverTo(await answering(429, { 'retry-after': '31536000' }))).toMatchObject({
        retryAfterMs: 3_600_000,
      });
      expect(await deliverTo(await answering(503, { 'retry-after': 'soon' }))).not.toHaveProperty('retryAfterMs');
    });

    it('takes a Retry-After that is a date for the time until then, never for a time before now', async () => {
      expect(await deliverTo(await answering(503, { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }))).toMatchObject({
        kind: 'failed',
        retryAfterMs: 0,
      });
    });

    it('does not follow a redirect, and tries again', async () => {
      let followed = 0;
      const elsewhere = await serve((_, response) => {
        followed += 1;
        response.writeHead(subject.takenStatus).end();
      });
      for (const status of [301, 302, 307, 308]) {
        expect(await deliverTo(await answering(status, { location: elsewhere }))).toMatchObject({ kind: 'failed' });
      }
      expect(followed).toBe(0);
    });

    it('takes an unexpected 204 for no delivery', async () => {
      expect(await deliverTo(await answering(204, {}, ''))).toMatchObject({ kind: 'failed' });
    });

    it('is cut by its signal while the server hangs before the answer', async () => {
      const abort = new AbortController();
      const url = await serve(() => abort.abort());
      expect(await deliverTo(url, abort.signal)).toEqual({ kind: 'failed', reason: 'no complete answer in time' });
    });

    it('is cut by its signal while the server hangs within the answer', async () => {
      const abort = new AbortController();
      const url = await serve((_, response) => {
        response.writeHead(500, { 'content-length': '1000' }).write('half');
      });
      const abortAfterHead = (message: unknown) => {
        if (JSON.stringify(message).includes(url)) setImmediate(() => abort.abort());
      };
      subscribe('undici:request:headers', abortAfterHead);
      const delivery = await deliverTo(url, abort.signal);
      unsubscribe('undici:request:headers', abortAfterHead);
      expect(abort.signal.aborted).toBe(true);
      expect(delivery).toMatchObject({ kind: 'failed' });
    });

    it('reads no more than the start of an endless body', async () => {
      for (const status of [subject.takenStatus, 500]) {
        const closed = Promise.withResolvers<void>();
        const url = await serve((_, response) => {
          response.writeHead(status).on('close', closed.resolve);
          pump(response);
        });
        const delivery = await deliverTo(url);
        expect(delivery.kind).toBe(status === 500 ? 'failed' : 'delivered');
        await closed.promise;
      }
    });

    it('judges a refusal of more than 1 MB by its status, and repeats little of it', async () => {
      const body = JSON.stringify({ message: 'x'.repeat(1_500_000) });
      const delivery = await deliverTo(await answering(400, {}, body));
      expect(delivery).toMatchObject({ kind: 'rejected' });
      expect(JSON.stringify(delivery).length).toBeLessThan(1_000);
    });

    it('keeps its secret when the server echoes what it was sent', async () => {
      const url = await serve(async (request, response) => {
        const { body } = await receive(request);
        response.writeHead(400).end(JSON.stringify({ message: body, errors: [body, SECRET] }));
      });
      expect(await deliverTo(url)).toMatchObject({ kind: 'rejected' });
    });

    it('tries again when the connection is refused or broken', async () => {
      const url = await answering(200);
      await open.pop()?.();
      expect(await deliverTo(url)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('ECONNREFUSED') });
      expect(await deliverTo(await serve((request) => request.socket.destroy()))).toMatchObject({ kind: 'failed' });
    });
  });
}

/** The whole request, as the server saw it. */
export async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return { path: request.url ?? '', method: request.method ?? '', body: Buffer.concat(chunks).toString() };
}

function pump(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}
