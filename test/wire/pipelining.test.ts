import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { routeTo, startGateway, using } from '../support/gateway.ts';
import { heldBytes } from '../support/held-bytes.ts';
import { get, openRaw } from '../support/raw-client.ts';
import { httpUpstream } from '../support/upstream.ts';

const ANSWER = Buffer.alloc(65_536, 'x');
/** 256 MB of answers, far more than the buffers of all sockets between take. */
const REQUESTS = 4_000;
const MOST_HELD = 4 * 1_048_576;

/** An upstream with long answers, and how often it was asked. */
async function longAnswers() {
  let asked = 0;
  const upstream = await using(
    httpUpstream((_incoming, outgoing) => {
      asked++;
      outgoing.end(ANSWER);
    }),
  );
  const isQuiet = async (): Promise<boolean> => {
    const before = asked;
    await sleep(300);
    return asked === before;
  };
  return { url: upstream.url, asked: () => asked, isQuiet };
}

describe('RFC 9112 9.3.2: a client that asks on and on and reads nothing', () => {
  it('all at once: as many requests go up as a pipeline may have, and what is held stays small', async () => {
    const upstream = await longAnswers();
    const gateway = await startGateway([routeTo(upstream.url)], { limits: { pipelined: 8 } });
    const connection = await openRaw(gateway.port);
    connection.socket.pause();
    const before = heldBytes();
    connection.write(get('/').repeat(REQUESTS));
    await expect.poll(upstream.isQuiet, { timeout: 10_000 }).toBe(true);
    // Those that were answered into the sockets' buffers made room for others.
    expect(upstream.asked()).toBeLessThan(REQUESTS / 4);
    await expect.poll(() => heldBytes() - before).toBeLessThan(MOST_HELD);
    connection.close();
  });

  it('one after the other: the upstream is left alone once the answers pile up', async () => {
    const upstream = await longAnswers();
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.socket.pause();
    const before = heldBytes();
    const patience = performance.now() + 10_000;
    let sent = 0;
    for (; sent < REQUESTS && performance.now() < patience; sent++) {
      connection.write(get(`/${sent}`));
      const isAnswered = await expect
        .poll(() => upstream.asked() > sent, { timeout: 1_000, interval: 1 })
        .toBe(true)
        .then(
          () => true,
          () => false,
        );
      if (!isAnswered) break;
    }
    expect(sent).toBeGreaterThan(1);
    expect(sent).toBeLessThan(REQUESTS / 4);
    await expect.poll(() => heldBytes() - before).toBeLessThan(MOST_HELD);
    connection.close();
  });
});

describe('a pipeline with bodies', () => {
  it('is taken no faster than it goes up', async () => {
    const upstream = await using(httpUpstream(() => {}));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    const before = heldBytes();
    const body = 'x'.repeat(1_048_576);
    const head = `POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${body.length}\r\n\r\n`;
    let hasRoom = true;
    for (let request = 0; request < 64 && hasRoom; request++) {
      hasRoom = connection.socket.write(head + body, 'latin1');
      if (!hasRoom) hasRoom = await Promise.race([drained(connection.socket), sleep(500).then(() => false)]);
    }
    expect(hasRoom).toBe(false);
    // What waits in the client's own socket is no more than one request.
    await expect.poll(() => heldBytes() - before).toBeLessThan(MOST_HELD + 2 * body.length);
    connection.close();
  });
});

function drained(socket: { once(event: 'drain', listener: () => void): unknown }): Promise<boolean> {
  return new Promise((resolve) => socket.once('drain', () => resolve(true)));
}
