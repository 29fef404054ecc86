import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../../src/gateway/gateway.ts';
import type { SplitOrder } from '../../src/split/order.ts';
import { fieldOf, get, type RawConnection } from './raw-client.ts';
import { BIG, MEDIUM, type StageUpstream } from './stage-upstream.ts';
import { closedPort } from './upstream.ts';

/** What a scenario has at hand. */
export interface Stage {
  readonly gateway: Gateway;
  readonly port: number;
  readonly upstream: StageUpstream;
  /** Another order for the route, of the next epoch. */
  split(more: Partial<SplitOrder>): Promise<void>;
  open(): Promise<RawConnection>;
  /** By the gateway's clock, in ms. */
  now(): number;
  /** Moves that clock forward; its timers do not follow. */
  skip(ms: number): void;
  /** Once so many answers are read, and counted, or something was thrown. */
  read(answers: number): Promise<void>;
  /** The same of their shapes. */
  shaped(answers: number): Promise<void>;
  /** Once so many requests were mirrored or left out, and compared if they are to be, or something was thrown. */
  mirrored(requests: number, how: 'sent' | 'compared'): Promise<void>;
}

/** Traffic that takes some way through the gateway. Its promises settle, whatever becomes of a request. */
export interface Scenario {
  readonly name: string;
  run(stage: Stage): Promise<void>;
}

/** Of a request body at most. */
export const BODY_BYTES = 20_000_000;

export const post = (path: string, ...lines: string[]) =>
  [`POST ${path} HTTP/1.1`, 'Host: shop.test', ...lines, '', ''].join('\r\n');

const CHUNKS = '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n';
/** Whom a trusted proxy asks for: nobody else has a share. */
export const FOR = 'X-Forwarded-For: 9.9.9.9';
/** With so much of a body an upstream is asked. */
export const FIRST_PART = 'x'.repeat(9_000);
const KEY = 'X-Api-Key: k-1';

/** Sends, waits for one answer and ends the connection. */
export async function ask(stage: Stage, bytes: string, method = 'GET'): Promise<void> {
  const connection = await stage.open();
  connection.write(bytes);
  await connection.answer(method);
  connection.close();
}

export async function upgraded(stage: Stage, path: string): Promise<RawConnection> {
  const connection = await stage.open();
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  connection.write(get(path, 'Connection: Upgrade', 'Upgrade: websocket', key, 'Sec-WebSocket-Version: 13'));
  return connection;
}

export const scenario = (name: string, run: Scenario['run']): Scenario => ({ name, run });

/** From quick to slow: a step is made to throw in the first that reach it. */
export const SCENARIOS: readonly Scenario[] = [
  scenario('requests one after the other', async (stage) => {
    const connection = await stage.open();
    connection.write(get('/shop/a', KEY));
    const { headers } = await connection.answer();
    const [cookie = ''] = (fieldOf(headers, 'set-cookie') ?? '').split(';');
    connection.write(get('/shop/b', KEY, `Cookie: ${cookie}`));
    await connection.answer();
    connection.write(get('/shop/empty', 'Connection: close'));
    await connection.answer();
    await connection.ending;
  }),
  scenario('requests that are drawn', async (stage) => {
    const connection = await stage.open();
    for (const id of ['X-Request-Id: r-1', 'X-Other: r-2']) {
      connection.write(get('/drawn/a', id));
      await connection.answer();
    }
    connection.close();
  }),
  scenario('many requests', async (stage) => {
    const connection = await stage.open();
    for (let request = 0; request < 550; request++) {
      connection.write(get('/shop/a'));
      await connection.answer();
    }
    connection.close();
  }),
  scenario('a small body', (stage) => ask(stage, `${post('/shop/a', 'Content-Length: 5', KEY)}hello`)),
  scenario('a body in pieces', async (stage) => {
    const connection = await stage.open();
    connection.write(`${post('/shop/a', 'Content-Length: 200000', FOR)}${'x'.repeat(100)}`);
    await sleep(5);
    connection.write('x'.repeat(199_900));
    await connection.answer();
    connection.write(`PUT${post('/shop/a', 'Content-Length: 10').slice(4)}01234`);
    await sleep(5);
    connection.write('56789');
    await connection.answer();
    connection.close();
  }),
  scenario('a body in chunks, with a trailer', (stage) =>
    ask(stage, `${post('/shop/a', 'Transfer-Encoding: chunked', 'Trailer: X-Sum', FOR)}${CHUNKS}`),
  ),
  scenario('an empty body', (stage) => ask(stage, post('/shop/a', 'Content-Length: 0', 'Expect: 100-continue'))),
  scenario('an expectation', async (stage) => {
    const connection = await stage.open();
    connection.write(post('/shop/a', 'Content-Length: 5', 'Expect: 100-continue'));
    if ((await connection.answer()).status === 100) {
      connection.write('hello');
      await connection.answer();
    }
    connection.close();
    await ask(stage, `${post('/shop/a', 'Content-Length: 5', 'Expect: 100-continue')}hello`);
  }),
  scenario('an answer that comes before the body', async (stage) => {
    const connection = await stage.open();
    connection.write(`${post('/shop/early', 'Content-Length: 100000')}${FIRST_PART}`);
    await connection.answer();
    connection.write('x'.repeat(100_000 - FIRST_PART.length));
    connection.write(`${post('/shop/early', 'Transfer-Encoding: chunked')}2\r\nok\r\n`);
    await connection.answer();
    connection.close();
  }),
  scenario('redirects', async (stage) => {
    await ask(stage, get('/shop/moved'));
    await stage.split({ stable: { url: `${stage.upstream.url}/base`, version: 'v1' } });
    await ask(stage, get('/shop/moved'));
    await ask(stage, get('/shop/moved', 'X-Odd:1', 'Via: 1.1 other'));
    await ask(stage, get('/shop/moved', 'Via: 1.1 other'));
  }),
  scenario('an answer in chunks', async (stage) => {
    const connection = await stage.open();
    connection.write(get('/shop/chunked', 'TE: trailers'));
    for (let status = 103; status < 200; ) ({ status } = await connection.answer());
    connection.close();
  }),
  scenario('an answer that ends with its connection', (stage) => ask(stage, get('/shop/old'))),
  scenario('HEAD', (stage) => ask(stage, 'HEAD /shop/a HTTP/1.1\r\nHost: shop.test\r\n\r\n', 'HEAD')),
  scenario('an HTTP/1.0 client', (stage) => ask(stage, 'GET /shop/chunked HTTP/1.0\r\n\r\n')),
  scenario('OPTIONS *', (stage) => ask(stage, 'OPTIONS * HTTP/1.1\r\nHost: shop.test\r\n\r\n')),
  scenario('answers that pile up', async (stage) => {
    const connection = await stage.open();
    connection.socket.pause();
    for (let request = 0; request < 200; request++) {
      connection.write(get('/shop/medium'));
      await sleep(1);
    }
    await received(connection.socket, 200 * MEDIUM.length);
    connection.close();
  }),
  scenario('a pipeline', async (stage) => {
    const connection = await stage.open();
    connection.write(get('/shop/a') + get('/shop/b'));
    await connection.answer();
    await connection.answer();
    connection.write(post('/shop/a', 'Content-Length: 0') + get('/shop/a').repeat(16));
    await connection.ending;
  }),
  scenario('a request that comes while another is under way', async (stage) => {
    const connection = await stage.open();
    connection.write(get('/shop/chunked'));
    await connection.takeThrough('one');
    connection.write(get('/shop/a'));
    await connection.takeThrough('ok');
    connection.close();
  }),
  scenario('a head in pieces', async (stage) => {
    const connection = await stage.open();
    connection.write(get('/shop/a').slice(0, 20));
    await sleep(5);
    connection.write(get('/shop/a').slice(20));
    await connection.answer();
    connection.close();
  }),
  scenario('what is refused', async (stage) => {
    await ask(stage, get('/none'));
    await ask(stage, get('/shop/a', 'Host: other.test'));
    await ask(stage, 'no HTTP at all\r\n\r\n');
    await ask(stage, `${post('/shop/a', 'Transfer-Encoding: chunked\t')}${CHUNKS}`);
    await ask(stage, 'CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    await ask(stage, `${post('/shop/a', `Content-Length: ${BODY_BYTES + 1}`)}`);
    const connection = await stage.open();
    connection.socket.end('GET /shop/a HTTP/1.1\r\nHost:');
    await connection.answer();
  }),
  scenario('a body that turns out too long', async (stage) => {
    const connection = await stage.open();
    connection.write(`${post('/shop/a', 'Transfer-Encoding: chunked')}1400000\r\n${'x'.repeat(0x1400000)}`);
    await connection.answer();
    connection.close();
  }),
  scenario('a tunnel', async (stage) => {
    const connection = await upgraded(stage, '/shop/socket');
    await connection.takeThrough('hello');
    connection.write('and back');
    await connection.takeThrough('and back');
    connection.close();
  }),
  scenario('a tunnel that is refused', async (stage) => {
    const connection = await upgraded(stage, '/shop/refuse');
    await connection.answer();
    await connection.ending;
    await (await upgraded(stage, '/none')).ending;
    await (await upgraded(stage, '/shop/../a')).ending;
  }),
  scenario('a client that goes away', async (stage) => {
    for (const bytes of [
      get('/shop/never'),
      get('/shop/events'),
      `${post('/shop/a', 'Content-Length: 100')}part`,
      `${post('/shop/a', 'Content-Length: 100000')}${FIRST_PART}`,
      `${post('/shop/a', 'Transfer-Encoding: chunked')}2\r\nok\r\n`,
    ]) {
      const connection = await stage.open();
      connection.write(bytes);
      await sleep(15);
      connection.close();
    }
    await sleep(10);
  }),
  scenario('a pooled connection that turns out dead', async (stage) => {
    const connection = await stage.open();
    connection.write(get('/shop/a'));
    await connection.answer();
    connection.write(get('/shop/reset'));
    await connection.answer();
    connection.close();
  }),
  scenario('failover', async (stage) => {
    await stage.split({
      canary: { url: `http://127.0.0.1:${await closedPort()}`, version: 'v2' },
      canaryBps: 10_000,
      failover: 'stable',
    });
    await ask(stage, get('/shop/a', 'Cookie: a=b'));
    await ask(stage, `${post('/shop/a', 'Content-Length: 5')}hello`);
    await ask(stage, get('/shop/a', 'X-Version: canary', 'X-Forwarded-For: 10.0.0.1'));
  }),
  scenario('a canary', async (stage) => {
    await stage.split({ canaryBps: 5_000, consumerDefault: 'by-weight' });
    for (const path of ['/shop/a', '/shop/b', '/shop/users/7', '/shop/error']) await ask(stage, get(path, KEY));
    await ask(stage, get('/shop/a', 'X-Version: canary', `X-Serin-Force-Token: 1.x`, 'X-Forwarded-For: 9.9.9.9'));
  }),
  scenario('failover with the body', async (stage) => {
    await stage.split({
      canary: { url: `${stage.upstream.url}/dead`, version: 'v2' },
      canaryBps: 10_000,
      failover: 'stable',
    });
    for (const [framing, first, rest] of [
      [`Content-Length: ${FIRST_PART.length + 5}`, FIRST_PART, 'hello'],
      ['Transfer-Encoding: chunked', '2\r\nok\r\n', CHUNKS],
    ] as const) {
      const connection = await stage.open();
      connection.write(`PUT${post('/shop/a', framing).slice(4)}${first}`);
      await sleep(5);
      connection.write(rest);
      await connection.answer();
      connection.close();
    }
  }),
  scenario('failover of an answer that breaks at once', async (stage) => {
    await stage.split({
      canary: { url: `${stage.upstream.url}/halves`, version: 'v2' },
      canaryBps: 10_000,
      failover: 'stable',
    });
    await ask(stage, get('/shop/a'));
    // Not plain.
    await ask(stage, get('/shop/a', 'X-Odd:1'));
  }),
  scenario('upstreams by name and by TLS', async (stage) => {
    const canary = { url: `https://127.0.0.1:${stage.upstream.port}`, version: 'v2' };
    const stable = { url: `http://localhost:${stage.upstream.port}`, version: 'v1' };
    await stage.split({ stable, canary, canaryBps: 10_000, failover: 'stable' });
    await ask(stage, get('/shop/a'));
  }),
  scenario('an upstream that takes its time to read', async (stage) => {
    const connection = await stage.open();
    connection.write(`${post('/shop/unread', `Content-Length: ${BIG.length}`)}`);
    connection.write(BIG);
    await connection.answer();
    connection.close();
  }),
  scenario('an event stream whose version leaves', async (stage) => {
    await stage.split({ canary: { url: `http://localhost:${stage.upstream.port}`, version: 'v2' }, canaryBps: 10_000 });
    const open = [await stage.open(), await stage.open()];
    open[0]?.write(get('/shop/events'));
    // Not plain.
    open[1]?.write(get('/shop/events', 'X-Close:1'));
    for (const connection of open) await connection.takeThrough('data: 1');
    await stage.split({ canary: null, canaryBps: 0 });
    for (const connection of open) await connection.ending;
  }),
  scenario('a brake', async (stage) => {
    await stage.split({ canaryBps: 0, brakeAfter: 1 });
    const connection = await stage.open();
    for (let request = 0; request < 50; request++) {
      connection.write(get('/shop/a'));
      await connection.answer();
    }
    connection.close();
    await stage.split({ canaryBps: 10_000, brakeAfter: 1 });
    // A row of fewer keys does not brake.
    for (let key = 0; key < 5; key++) await ask(stage, get('/shop/error'));
    await ask(stage, get('/shop/a'));
  }),
  scenario('more endpoints than are told apart', async (stage) => {
    await stage.split({ canaryBps: 1_000 });
    const connection = await stage.open();
    const letters = Array.from('abcdefghijklmnopq');
    for (const name of letters.flatMap((first) => letters.map((second) => `${first}${second}`))) {
      connection.write(get(`/shop/to-${name}`));
      await connection.answer();
    }
    connection.close();
  }),
  scenario('a trial of the stable', async (stage) => {
    await stage.split({ canaryBps: 0, brakeAfter: 1 });
    const connection = await stage.open();
    const requests = async (path: string, count: number, ...lines: string[]) => {
      for (let request = 0; request < count; request++) {
        connection.write(get(path, ...lines));
        await connection.answer();
      }
    };
    await requests('/shop/a', 50);
    await stage.split({ canaryBps: 10_000, brakeAfter: 1 });
    stage.skip(10_000);
    // A key that fails on the stable as well gives the canary its weight back; one that does not ends the order.
    for (const [path, answers] of [
      ['/shop/error', 2],
      ['/shop/a', 10],
    ] as const) {
      connection.write(get('/shop/error'));
      const [cookie = ''] = (fieldOf((await connection.answer()).headers, 'set-cookie') ?? '').split(';');
      await requests('/shop/a', 1, `Cookie: ${cookie}`);
      await requests('/shop/error', 7, `Cookie: ${cookie}`);
      await requests(path, answers, `Cookie: ${cookie}`);
    }
    connection.close();
  }),
];

/** Reads so many bytes, and forgets them. */
export function received(socket: Socket, bytes: number): Promise<void> {
  socket.removeAllListeners('data');
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    let left = bytes;
    socket.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left <= 0) resolve();
    });
    socket.once('close', () => resolve());
    socket.resume();
  });
}

/** Waits until a condition holds; false when it does not within the time. */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const patience = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > patience) return false;
    await sleep(5);
  }
  return true;
}
