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

describe('requests of a pipeline that wait behind one that hangs', () => {
  const large = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\nX-Large: ${'x'.repeat(15_000)}\r\n\r\n`;

  it('are held up to a bound of bytes; one more is refused in its turn, and nothing behind it is run', async () => {
    const seen: string[] = [];
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        seen.push(incoming.url ?? '');
        setTimeout(() => outgoing.end('ok'), seen.length === 1 ? 200 : 0);
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/0') + Array.from({ length: 12 }, (_, at) => large(`/${at + 1}`)).join(''));
    const statuses: number[] = [];
    for (let answer = 0; answer < 5; answer++) statuses.push((await connection.answer()).status);
    expect(statuses).toEqual([200, 200, 200, 200, 503]);
    expect(await connection.ending).toBe('end');
    expect(seen).toEqual(['/0', '/1', '/2', '/3']);
  });

  it.each([
    ['large', large, 0],
    // After the time that a head may take the one under way still goes on.
    ['small', (path: string) => get(path), 1_500],
  ])('are not read on and on: %s ones', async (_name, kind, lastsMs) => {
    const answers: (() => void)[] = [];
    const upstream = await using(httpUpstream((_incoming, outgoing) => void answers.push(() => outgoing.end('ok'))));
    const gateway = await startGateway([routeTo(upstream.url)], {
      timeouts: { connectMs: 1_000, answerMs: 60_000, headersMs: 300, idleMs: 10_000 },
    });
    const connection = await openRaw(gateway.port);
    connection.write(get('/0'));
    await expect.poll(() => answers.length).toBe(1);
    const piece = kind('/n').repeat(Math.ceil(1_048_576 / kind('/n').length));
    let hasRoom = true;
    let taken = 0;
    for (; taken < 64 && hasRoom; taken++) {
      hasRoom = connection.socket.write(piece, 'latin1');
      if (!hasRoom) hasRoom = await Promise.race([drained(connection.socket), sleep(500).then(() => false)]);
    }
    expect(hasRoom).toBe(false);
    await sleep(lastsMs);
    for (let at = 0; at < answers.length; at++) answers[at]?.();
    expect((await connection.answer()).status).toBe(200);
    connection.close();
  });
});

function drained(socket: { once(event: 'drain', listener: () => void): unknown }): Promise<boolean> {
  return new Promise((resolve) => socket.once('drain', () => resolve(true)));
}

describe('RFC 9112 9.3.2: requests of a pipeline that are not safe', () => {
  /** An upstream that answers late, and how many requests it had at the same time, by what came in which order. */
  async function watching() {
    const order: string[] = [];
    let open = 0;
    let most = 0;
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        order.push(`${incoming.method} ${incoming.url}`);
        most = Math.max(most, ++open);
        incoming.resume();
        incoming.once('end', () => {
          // The first the longest: whatever runs beside it overtakes it.
          setTimeout(
            () => {
              open--;
              outgoing.end(incoming.url);
            },
            Math.max(1, 20 - 2 * order.length),
          );
        });
      }),
    );
    return { url: upstream.url, order, most: () => most };
  }

  const put = (path: string) => `PUT ${path} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nok`;
  const post = (path: string) => `POST ${path} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n`;
  const patch = (path: string) =>
    `PATCH ${path} HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`;
  const remove = (path: string) => `DELETE ${path} HTTP/1.1\r\nHost: shop.test\r\n\r\n`;

  it.each([
    ['PUT', [put, put, put, put, put, put, put, put]],
    ['POST', [post, post, post]],
    ['PATCH in chunks', [patch, patch, patch]],
    ['DELETE', [remove, remove, remove]],
    ['one behind safe ones', [get, get, put, get, get]],
    ['all kinds', [get, post, get, patch, remove, get, put]],
  ])('run one after the other, in their order: %s', async (_name, kinds) => {
    const upstream = await watching();
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(kinds.map((kind, at) => kind(`/${at}`)).join(''));
    for (const at of kinds.keys()) expect((await connection.answer()).body.toString()).toBe(`/${at}`);
    const paths = upstream.order.map((line) => line.slice(line.indexOf(' ') + 1));
    const unsafe = upstream.order.filter((line) => !line.startsWith('GET'));
    expect(unsafe).toEqual(unsafe.toSorted((one, other) => paths.indexOf(one) - paths.indexOf(other)));
    if (!kinds.includes(get)) {
      expect(paths).toEqual([...kinds.keys()].map((at) => `/${at}`));
      expect(upstream.most()).toBe(1);
    }
    connection.close();
  });

  it('wait for the safe ones before them, and those behind for them', async () => {
    const under: string[] = [];
    const together: string[][] = [];
    const answers = new Map<string, () => void>();
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        const { url = '' } = incoming;
        under.push(url);
        together.push([...under]);
        answers.set(url, () => {
          under.splice(under.indexOf(url), 1);
          outgoing.end(url);
        });
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/0') + get('/1') + post('/2') + get('/3') + get('/4'));
    await expect.poll(() => answers.size).toBe(2);
    for (const [path, size] of [
      ['/1', 2],
      ['/0', 3],
      ['/2', 5],
    ] as const) {
      answers.get(path)?.();
      await expect.poll(() => answers.size).toBe(size);
    }
    answers.get('/3')?.();
    answers.get('/4')?.();
    for (const path of ['/0', '/1', '/2', '/3', '/4']) expect((await connection.answer()).body.toString()).toBe(path);
    expect(together.filter((set) => set.includes('/2'))).toEqual([['/2']]);
    connection.close();
  });
});

describe('RFC 9112 9.6: what follows an answer that says close is never executed', () => {
  it.each([
    ['GET with an expectation', get('/1', 'Expect: 100-continue')],
    [
      'an early answer to an expectation',
      `POST /early HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc`,
    ],
    ['HTTP/1.0', 'GET /1 HTTP/1.0\r\nHost: shop.test\r\nConnection: keep-alive\r\n\r\n'],
  ])('%s', async (_name, first) => {
    const seen: string[] = [];
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        seen.push(incoming.url ?? '');
        setTimeout(() => outgoing.end('ok'), 20);
      }),
    );
    upstream.server.on('checkContinue', (incoming, outgoing) => {
      seen.push(incoming.url ?? '');
      outgoing.writeHead(417, { 'Content-Length': 2 }).end('no');
    });
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(first + get('/next'));
    let answer = await connection.answer();
    while (answer.status < 200) answer = await connection.answer();
    if (/^Connection: close/im.test(answer.headers.map((field) => field.join(': ')).join('\n'))) {
      await connection.ending;
      expect(seen).not.toContain('/next');
    } else {
      expect((await connection.answer()).status).toBe(200);
      expect(seen.at(-1)).toBe('/next');
    }
  });
});
