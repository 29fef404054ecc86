import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { routeTo, startGateway, using } from '../support/gateway.ts';
import { get, openRaw, type RawConnection } from '../support/raw-client.ts';
import { httpUpstream, rawUpstream } from '../support/upstream.ts';

/** Answers with what was asked: target, a field, and the body. */
const echo = () =>
  using(
    httpUpstream((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        outgoing.end(
          `${incoming.url} ${String(incoming.headers['x-who'])} ${Buffer.concat(chunks).toString('latin1')}`,
        );
      });
    }),
  );

const post = (who: string, body: string) =>
  `POST /${who} HTTP/1.1\r\nHost: shop.test\r\nX-Who: ${who}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const chunked = (who: string, body: string) =>
  `POST /${who} HTTP/1.1\r\nHost: shop.test\r\nX-Who: ${who}\r\nTransfer-Encoding: chunked\r\n\r\n` +
  `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

const textOf = async (connection: RawConnection) => (await connection.answer()).body.toString('latin1');

describe('connections that are read into the same memory', () => {
  const kinds = [
    ['without a body', (who: string) => get(`/${who}`, `X-Who: ${who}`), (who: string) => `/${who} ${who} `],
    ['with a body', (who: string) => post(who, who.repeat(300)), (who: string) => `/${who} ${who} ${who.repeat(300)}`],
    ['in chunks', (who: string) => chunked(who, who.repeat(300)), (who: string) => `/${who} ${who} ${who.repeat(300)}`],
  ] as const;

  it.each(kinds)('never complete a request %s with the bytes of another', async (_, request, answer) => {
    const upstream = await echo();
    const gateway = await startGateway([routeTo(upstream.url)]);
    const other = await openRaw(gateway.port);
    const late = await openRaw(gateway.port);
    const bytes = request('b');
    for (let cut = 1; cut < bytes.length; cut += 7) {
      other.write(request('a'));
      expect(await textOf(other)).toBe(answer('a'));
      late.write(bytes.slice(0, cut));
      await new Promise(setImmediate);
      other.write(request('a'));
      expect(await textOf(other)).toBe(answer('a'));
      late.write(bytes.slice(cut));
      expect(await textOf(late)).toBe(answer('b'));
    }
    other.close();
    late.close();
  });

  it('keep what comes while a request is under way', async () => {
    const release = Promise.withResolvers<void>();
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        const answer = () => outgoing.end(incoming.url);
        if (incoming.url === '/held') void release.promise.then(answer);
        else answer();
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const patient = await openRaw(gateway.port);
    const other = await openRaw(gateway.port);
    patient.write(get('/held'));
    await once(upstream.server, 'request');
    patient.write(get('/next'));
    for (let request = 0; request < 20; request++) {
      other.write(get('/else'));
      expect(await textOf(other)).toBe('/else');
    }
    release.resolve();
    expect([await textOf(patient), await textOf(patient)]).toEqual(['/held', '/next']);
    patient.close();
    other.close();
  });

  it('pass an upload on unharmed to an upstream that takes it late', async () => {
    const length = 6_000_000;
    const content = Buffer.from(Array.from({ length }, (_, at) => (at >> 8) & 0xff));
    const mayRead = Promise.withResolvers<void>();
    const upstream = await using(
      rawUpstream((socket, head) => {
        if (!head.startsWith('POST')) {
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
          return;
        }
        socket.pause();
        void mayRead.promise.then(() => compare(socket, head));
      }),
    );
    const compare = (socket: Socket, head: string): void => {
      const parts: Buffer[] = [Buffer.from(head.slice(head.indexOf('\r\n\r\n') + 4), 'latin1')];
      socket.on('data', (chunk: Buffer) => {
        parts.push(chunk);
        if (parts.reduce((sum, part) => sum + part.length, 0) < length) return;
        const verdict = Buffer.concat(parts).equals(content) ? 'same' : 'else';
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n${verdict}`);
      });
      socket.resume();
    };
    const gateway = await startGateway([routeTo(upstream.url)]);
    const uploader = await openRaw(gateway.port);
    const other = await openRaw(gateway.port);
    uploader.write(`POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${length}\r\n\r\n`);
    uploader.write(content);
    for (let request = 0; request < 20; request++) {
      other.write(get(`/${'z'.repeat(2_000)}`));
      expect((await other.answer()).status).toBe(200);
    }
    mayRead.resolve();
    expect(await textOf(uploader)).toBe('same');
    uploader.close();
    other.close();
  });
});

describe('the answers of an upstream connection', () => {
  it('are never completed with the bytes of the one before', async () => {
    const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const upstream = await using(
      rawUpstream((socket, first) => {
        const onRequest = (head: string): void => {
          const cut = Number(/\/(\d+)/.exec(head)?.[1] ?? 0);
          const bytes = answer(`second-${cut}`);
          socket.write(bytes.slice(0, cut));
          setTimeout(() => socket.write(bytes.slice(cut)), 5);
        };
        onRequest(first);
        socket.on('data', (chunk: Buffer) => onRequest(chunk.toString('latin1')));
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const client = await openRaw(gateway.port);
    for (let cut = 1; cut < answer('second-0').length; cut++) {
      client.write(get(`/${cut}`));
      expect(await textOf(client)).toBe(`second-${cut}`);
    }
    client.close();
  });
});
