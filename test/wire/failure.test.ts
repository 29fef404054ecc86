import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { heldBytes } from '../support/held-bytes.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { cannedUpstream, closedPort, httpUpstream, rawUpstream } from '../support/upstream.ts';

/** A promise and the function that fulfils it: something that an upstream saw. */
function signal<T = void>() {
  return Promise.withResolvers<T>();
}

describe('an upstream that gives no answer', () => {
  it('because it refuses the connection is a 502 that tells nothing of it', async () => {
    const port = await closedPort();
    const gateway = await startGateway([routeTo(`http://127.0.0.1:${port}`)]);
    const answer = await askRaw(gateway.port, get('/'));
    expect(answer.status).toBe(502);
    expect(fieldOf(answer.headers, 'content-type')).toBe('application/problem+json');
    expect(answer.body.toString()).not.toMatch(new RegExp(`${port}|127\\.0|ECONN`));
  });

  it('because its name does not resolve is a 502', async () => {
    const gateway = await startGateway([routeTo('http://nowhere.invalid')]);
    expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
  });

  it('in time is a 504', async () => {
    const upstream = await using(rawUpstream(() => {}));
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts: { answerMs: 100 } });
    expect((await askRaw(gateway.port, get('/'))).status).toBe(504);
  });

  it.each([
    ['a bare LF in it', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['NUL in a value', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n'],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a 101 that nobody asked for', 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
  ])('that is HTTP (%s) is a 502', async (_name, bytes) => {
    const upstream = await using(cannedUpstream(bytes, 'end'));
    const gateway = await startGateway([routeTo(upstream.url)]);
    expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
  });

  it('and ends the connection instead is a 502', async () => {
    const upstream = await using(rawUpstream((socket) => socket.destroy()));
    const gateway = await startGateway([routeTo(upstream.url)]);
    expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
  });

  it('leaves the client connection usable, the body it sent included', async () => {
    const gateway = await startGateway([routeTo(`http://127.0.0.1:${await closedPort()}`)]);
    const connection = await openRaw(gateway.port);
    const body = Buffer.alloc(300_000);
    for (let request = 0; request < 2; request++) {
      connection.write(`POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${body.length}\r\n\r\n`);
      connection.write(body);
      expect((await connection.answer()).status).toBe(502);
    }
    connection.close();
  });
});

describe('an upstream that breaks off within the body gives a broken answer, never a clean end', () => {
  const sized = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart';
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n';
  const unsized = 'HTTP/1.1 200 OK\r\n\r\npart';
  const end = (socket: Socket) => void socket.end();
  const reset = (socket: Socket) => void socket.resetAndDestroy();
  const garble = (socket: Socket) => void socket.write('zz\r\n');

  it.each([
    ['of a known length, by ending', sized, end],
    ['of a known length, by a reset', sized, reset],
    ['in chunks, by ending', chunked, end],
    ['in chunks, by a reset', chunked, reset],
    ['in chunks, by a size that is none', chunked, garble],
    ['up to the end of its connection, by a reset', unsized, reset],
  ])('%s', async (_name, bytes, breakOff) => {
    let upstreamSide: Socket | null = null;
    const upstream = await using(
      rawUpstream((socket) => {
        upstreamSide = socket;
        socket.write(bytes);
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    for (const request of [get('/'), 'GET / HTTP/1.0\r\n\r\n']) {
      const connection = await openRaw(gateway.port);
      connection.write(request);
      await connection.takeThrough('part');
      if (upstreamSide) breakOff(upstreamSide);
      expect(await connection.ending).toBe('reset');
    }
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes.unanswered).toBe(2);
  });

  it('when it falls silent instead, after the time for that', async () => {
    const upstream = await using(cannedUpstream('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'));
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts: { silenceMs: 200 } });
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    expect(await connection.ending).toBe('reset');
    expect((await gateway.totals())[0]?.outcomes.unanswered).toBe(1);
  });
});

describe('a client that goes away cancels the upstream, and counts for nobody', () => {
  it('before the answer', async () => {
    const arrived = signal();
    const cancelled = signal();
    const upstream = await using(
      httpUpstream((incoming) => {
        incoming.socket.once('close', () => cancelled.resolve());
        arrived.resolve();
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    await arrived.promise;
    connection.close();
    await cancelled.promise;
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes['client-gone']).toBe(1);
  });

  it('during the answer', async () => {
    const cancelled = signal();
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        incoming.socket.once('close', () => cancelled.resolve());
        outgoing.write('part');
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    await connection.takeThrough('part');
    connection.close();
    await cancelled.promise;
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes['client-gone']).toBe(1);
  });

  it('in the middle of its upload', async () => {
    const arrived = signal();
    const cancelled = signal<boolean>();
    const upstream = await using(
      httpUpstream((incoming) => {
        incoming.once('data', () => arrived.resolve());
        incoming.socket.once('close', () => cancelled.resolve(incoming.complete));
        incoming.on('error', () => {});
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write('POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n');
    await arrived.promise;
    connection.close();
    expect(await cancelled.promise).toBe(false);
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes['client-gone']).toBe(1);
  });

  it('while its request waits in a pipeline', async () => {
    const arrived = signal();
    let requests = 0;
    const upstream = await using(
      httpUpstream(() => {
        if (++requests === 3) arrived.resolve();
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/1') + get('/2') + get('/3'));
    await arrived.promise;
    connection.close();
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes['client-gone']).toBe(3);
  });

  it('by sending nothing more of its body for the time it has', async () => {
    const cancelled = signal();
    const upstream = await using(
      httpUpstream((incoming) => {
        incoming.resume();
        incoming.on('error', () => {});
        incoming.socket.once('close', () => cancelled.resolve());
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts: { uploadMs: 200 } });
    const connection = await openRaw(gateway.port);
    connection.write(`POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 20000\r\n\r\n${'x'.repeat(10_000)}`);
    await connection.ending;
    await cancelled.promise;
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes['client-gone']).toBe(1);
  });

  it('and the next request finds the route as it was', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.write('POST /echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 9\r\n\r\npart');
    connection.close();
    await once(connection.socket, 'close');
    expect((await askRaw(gateway.port, get('/'))).status).toBe(200);
  });
});

describe('an early answer', () => {
  it('reaches a client that is still sending, and the rest of its body harms nobody', async () => {
    const upstream = await using(
      rawUpstream((socket) => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!')),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(`POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(10_000)}`);
    const answer = await connection.answer();
    expect([answer.status, answer.body.toString()]).toEqual([413, 'no!']);
    connection.write(Buffer.alloc(190_000, 'x'));
    connection.write(`POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(10_000)}`);
    expect((await connection.answer()).status).toBe(413);
    connection.close();
  });
});

describe('an early answer from an upstream that has stopped reading', () => {
  it('reaches the client, and the connection goes on', async () => {
    const upstream = await using(
      rawUpstream((socket) => {
        socket.pause();
        setTimeout(() => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!'), 300);
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    const body = Buffer.alloc(16 * 1_048_576);
    for (let request = 0; request < 2; request++) {
      connection.write(`POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${body.length}\r\n\r\n`);
      connection.write(body);
      expect((await connection.answer()).status).toBe(413);
    }
    connection.close();
  });
});

describe('back-pressure', () => {
  const LENGTH = 64 * 1_048_576;

  it('stops the upstream when the client does not read', async () => {
    let sent = 0;
    const stalled = signal();
    const upstream = await using(
      rawUpstream((socket) => {
        const chunk = Buffer.alloc(65_536);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\n`);
        const pump = (): void => {
          while (sent < LENGTH) {
            sent += chunk.length;
            if (!socket.write(chunk)) {
              const patience = setTimeout(stalled.resolve, 500);
              socket.once('drain', () => {
                clearTimeout(patience);
                pump();
              });
              return;
            }
          }
          stalled.resolve();
        };
        pump();
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.socket.pause();
    const before = heldBytes();
    connection.write(get('/'));
    await stalled.promise;
    expect(sent).toBeLessThan(LENGTH / 2);
    // Freed buffers leave the count a little after the collection.
    await expect.poll(() => heldBytes() - before).toBeLessThan(4 * 1_048_576);
    connection.close();
  });

  it('stops the client when the upstream does not read', async () => {
    const upstream = await using(rawUpstream((socket) => socket.pause()));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(`POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${LENGTH}\r\n\r\n`);
    let sent = 0;
    const chunk = Buffer.alloc(65_536);
    await new Promise<void>((resolve) => {
      const pump = (): void => {
        while (sent < LENGTH) {
          sent += chunk.length;
          if (!connection.socket.write(chunk)) {
            const patience = setTimeout(resolve, 500);
            connection.socket.once('drain', () => {
              clearTimeout(patience);
              pump();
            });
            return;
          }
        }
        resolve();
      };
      pump();
    });
    expect(sent).toBeLessThan(LENGTH / 2);
    connection.close();
  });
});

describe('a canary that fails', () => {
  it('is charged with it, and the stable is not', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    await gateway.setSplit(orderTo(toy.url, `http://127.0.0.1:${await closedPort()}`, { canaryBps: 10_000 }));
    const answer = await askRaw(gateway.port, get('/'));
    expect([answer.status, fieldOf(answer.headers, 'x-serin-version')]).toEqual([502, 'v2']);
    const totals = await gateway.totals();
    expect(totals.find(({ track }) => track === 'canary')?.outcomes.unanswered).toBe(1);
    expect(totals.find(({ track }) => track === 'stable')?.outcomes.unanswered).toBe(0);
  });
});
