import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { createGateway } from '../../src/gateway/create-gateway.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { hashClientId } from '../../src/gateway/route/consumers.ts';
import { orderTo, rethrow, routeTo, SECRET } from './gateway.ts';
import { keySet, RULE } from './issuer.ts';
import { RecordingUpstream, type SeenRequest } from './recording-upstream.ts';
import { type Conversation, ISSUER } from './request-bytes.ts';

const SENTINEL = 'GET /sentinel HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n';

/** How long a connection may be silent before it counts as waiting for more; the second is for when in doubt. */
const PATIENCE_MS = [60, 1_000] as const;

/**
 * Silence is measured in turns of the event loop as well: client, gateway and upstream share one, and on a busy machine a
 * single turn may take all of the patience while answers wait to be read.
 */
const TURNS = 25;

/** What became of a conversation: everything that the client received, and everything that the upstream saw. */
export interface Outcome {
  readonly received: string;
  readonly ending: 'closed' | 'waiting';
  readonly seen: readonly SeenRequest[];
  /** What the gateway has counted of it, other than zero. */
  readonly counted: Readonly<Record<string, number>>;
  /** The longest that one wait of the client took beyond its time. */
  readonly longestTurnMs: number;
}

/** A conversation that the two paths took differently. */
export interface Difference {
  readonly what: string;
  /** What the same conversation came to before, with less patience. */
  readonly before: string | null;
  readonly conversation: Conversation;
  readonly reference: Outcome;
  readonly fast: Outcome;
}

/** Who the client is to the gateways: anybody, or a proxy that is believed (and there they keep the client's Host). */
export type Standing = 'outsider' | 'trusted';

/** A gateway before an upstream that remembers what it saw. */
class Side {
  readonly gateway: Gateway;
  readonly port: number;
  private readonly upstream: RecordingUpstream;

  private constructor(gateway: Gateway, port: number, upstream: RecordingUpstream) {
    this.gateway = gateway;
    this.port = port;
    this.upstream = upstream;
  }

  static async start(fastPath: 'on' | 'off', standing: Standing): Promise<Side> {
    const upstream = new RecordingUpstream();
    const url = `http://127.0.0.1:${await upstream.listen()}`;
    const hostHeader = standing === 'trusted' ? 'preserve' : 'upstream';
    const folder = mkdtempSync(join(tmpdir(), 'serin-differential-'));
    writeFileSync(join(folder, 'jwks.json'), keySet(ISSUER));
    const rule = { ...RULE, jwks: { file: 'jwks.json' } };
    const route = routeTo(`${url}/stable`, {
      sticky: { kind: 'client-address' },
      consumerKey: { kind: 'jwt', name: 'authorization', rule },
      hostHeader,
    });
    const gateway = createGateway({
      listen: { host: '127.0.0.1', port: 0 },
      trustedProxies: standing === 'trusted' ? ['127.0.0.0/8'] : [],
      secret: SECRET,
      fastPath,
      routes: [route],
      folder,
      onFault: rethrow,
      timeouts: { connectMs: 5_000, answerMs: 10_000, headersMs: 10_000, idleMs: 10_000 },
    });
    const { port } = await gateway.listen();
    const order = orderTo(`${url}/stable`, `${url}/canary`, { canaryBps: 0, consumerDefault: 'stable' });
    await gateway.setSplit(order);
    await gateway.setConsumers('shop', new Map([[hashClientId(SECRET, 'shop', 'acme'), 'canary']]));
    while ((await gateway.tokens())[0]?.keys === 0) await pause(5);
    rmSync(folder, { recursive: true });
    return new Side(gateway, port, upstream);
  }

  async run({ requests, last, delivery }: Conversation, patienceMs: number): Promise<Outcome> {
    this.upstream.take();
    const before = await this.totals();
    const client = new Client(await dial(this.port), patienceMs);
    for (const request of requests) {
      client.write(request);
      await client.answerTo(request);
    }
    if (delivery === 'together') client.write(last + SENTINEL);
    else {
      const cut = delivery === 'alone' ? 0 : Math.floor(delivery.cutAt * last.length);
      if (cut > 0) {
        client.write(last.slice(0, cut));
        await turn();
      }
      client.write(last.slice(cut));
      await client.answerTo(last);
      client.write(SENTINEL);
    }
    const ending = await client.ending();
    client.socket.destroy();
    return {
      received: plain(client.received),
      ending,
      seen: this.upstream.take().map(plainRequest),
      counted: growth(before, await this.totals()),
      longestTurnMs: Math.round(client.longestTurnMs),
    };
  }

  private async totals(): Promise<Record<string, number>> {
    const rows = await this.gateway.totals();
    return Object.fromEntries(
      rows.flatMap(({ version, outcomes }) =>
        Object.entries(outcomes).map(([outcome, count]) => [`${version} ${outcome}`, count] as const),
      ),
    );
  }

  async close(): Promise<void> {
    await this.gateway.close(0);
    await this.upstream.close();
  }
}

/** Both paths side by side, each before an upstream of its own. */
export class Pair {
  readonly fast: Side;
  private readonly reference: Side;

  private constructor(reference: Side, fast: Side) {
    this.reference = reference;
    this.fast = fast;
  }

  static async start(standing: Standing): Promise<Pair> {
    return new Pair(await Side.start('off', standing), await Side.start('on', standing));
  }

  /** Null when both paths take it alike. What a slow machine alone made different is asked again with more patience. */
  async compare(conversation: Conversation): Promise<Difference | null> {
    let difference: Difference | null = null;
    let before: string | null = null;
    for (const patienceMs of PATIENCE_MS) {
      const [reference, fast] = await Promise.all([
        this.reference.run(conversation, patienceMs),
        this.fast.run(conversation, patienceMs),
      ]);
      const what = differenceOf(reference, fast);
      if (what === null) return null;
      difference = { what, before, conversation, reference, fast };
      before = what;
      // What was cut short still reaches the upstreams, and belongs to no other conversation.
      for (let slice = 0; slice < TURNS; slice++) await pause(PATIENCE_MS[1] / TURNS);
    }
    return difference;
  }

  async close(): Promise<void> {
    await Promise.all([this.reference.close(), this.fast.close()]);
  }
}

function differenceOf(reference: Outcome, fast: Outcome): string | null {
  if (reference.ending !== fast.ending) return 'the connection ends differently';
  // node:http breaks a connection off at once when garbage follows a request under way; the fast path answers it first.
  const isSame = isBrokenOff(reference)
    ? fast.received.startsWith(reference.received)
    : fast.received === reference.received;
  if (!isSame) return 'the answers differ';
  const seen = [textOf(reference), textOf(fast)] as const;
  if (String(seen[0]) !== String(seen[1])) return 'the upstreams saw different requests';
  const down = fast.received.split(/^X-Serin-Version: /m).length - 1;
  const up = fast.seen.filter(({ isWhole }) => isWhole).length;
  // Garbage behind a request breaks the connection off before its answer, and there the last two may be under way.
  if (up >= down && up <= down + (isBrokenOff(fast) ? 2 : 0)) return null;
  return `${up} requests went up and ${down} answers came down`;
}

function growth(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count !== 0));
}

function isBrokenOff({ ending, received }: Outcome): boolean {
  return ending === 'closed' && !/^Connection: close\r$/m.test(received);
}

/** Sorted, because requests of a pipeline go up on connections of their own. */
function textOf({ seen }: Outcome): string[] {
  return seen.map(({ head, body, isWhole }) => JSON.stringify([head, body, isWhole])).sort();
}

/** Without what differs between any two servers, the date; long bodies by their length, so that people can read it. */
function plain(received: string): string {
  return received.replace(/^Date: .*\r$/gm, 'Date\r').replace(/z{9,}/g, (body) => `<${body.length} z>`);
}

/** Without what differs between any two requests: ports, and ids that the gateway made. */
function plainRequest({ head, body, isWhole }: SeenRequest): SeenRequest {
  const same = head
    .replace(/^Host: 127\.0\.0\.1:\d+\r$/m, 'Host: upstream\r')
    .replace(/^Via: 1\.([01]) serin-[\da-f]{12}\r$/m, 'Via: 1.$1 serin\r')
    .replace(/^X-Request-Id: [\da-f]{8}-[\da-f-]{27}\r$/m, 'X-Request-Id: made\r');
  return { head: same, body, isWhole };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** One client connection that notes what it receives. */
class Client {
  readonly socket: Socket;
  received = '';
  longestTurnMs = 0;
  private readonly patienceMs: number;
  private isClosed = false;
  /** Where the answer that is awaited begins. */
  private from = 0;
  private wake: () => void = () => {};

  constructor(socket: Socket, patienceMs: number) {
    this.socket = socket;
    this.patienceMs = patienceMs;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.wake();
    });
    socket.once('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  write(text: string): void {
    if (!this.isClosed) this.socket.write(text, 'latin1');
  }

  /** Waits for the final answer, or for the connection to end or to fall silent. */
  async answerTo(request: string): Promise<void> {
    const method = request.startsWith('HEAD ') ? 'HEAD' : 'GET';
    let end = endOfAnswer(this.received, this.from, method);
    while (end === null && (await this.hasMore())) end = endOfAnswer(this.received, this.from, method);
    this.from = end ?? this.received.length;
  }

  async ending(): Promise<Outcome['ending']> {
    while (await this.hasMore());
    return this.isClosed ? 'closed' : 'waiting';
  }

  /** False when the connection is over or nothing came for as long as patience lasts. */
  private async hasMore(): Promise<boolean> {
    for (let slice = 0; slice < TURNS; slice++) {
      if (this.isClosed) return false;
      const from = performance.now();
      if (await this.hears(this.patienceMs / TURNS)) return true;
      this.longestTurnMs = Math.max(this.longestTurnMs, performance.now() - from - this.patienceMs / TURNS);
    }
    return false;
  }

  private hears(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

/** Where the final answer that begins at `from` ends; null while it is not whole. */
function endOfAnswer(text: string, from: number, method: string): number | null {
  const end = text.indexOf('\r\n\r\n', from);
  if (end === -1) return null;
  const head = text.slice(from, end + 2);
  const status = Number(head.slice(9, 12));
  if (status < 200) return endOfAnswer(text, end + 4, method);
  if (method === 'HEAD' || status === 204 || status === 304) return end + 4;
  if (/^Transfer-Encoding: chunked\r$/im.test(head)) {
    const last = text.indexOf('\r\n0\r\n', end);
    const over = last === -1 ? -1 : text.indexOf('\r\n\r\n', last + 3);
    return over === -1 ? null : over + 4;
  }
  const length = Number(/^Content-Length: (\d+)\r$/im.exec(head)?.[1] ?? 0);
  return text.length < end + 4 + length ? null : end + 4 + length;
}
