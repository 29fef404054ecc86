import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { parseDurationMs } from '../policy/units.ts';
import { logNormalDraw, uniformDraws } from './draws.ts';
import { drawOrder, linesOfOrder, OF_TEST, type OrderForm, orderOf, type ShopLine } from './toy-order.ts';

/** How the toy behaves: latency is log-normal through both quantiles, errors are 500s drawn independently. */
export interface ToyBehaviour {
  /** Share of requests, 0..1. */
  readonly errorRate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ToyOptions extends ToyBehaviour {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly version: string;
  readonly seed?: number;
  /** Set where it is a shop: `/orders/NUMBER` answers with an order of this form. */
  readonly orders?: OrderForm;
  /** Told what a shop logs of its orders. */
  readonly log?: (lines: readonly ShopLine[]) => void;
}

export interface ToyCounts {
  readonly requests: number;
  readonly errors: number;
}

export interface ToyUpstream {
  readonly url: string;
  setBehaviour(change: Partial<ToyBehaviour>): void;
  /** Requests that were given a behaviour: neither health checks nor echoes. */
  counts(): ToyCounts;
  close(): Promise<void>;
}

/**
 * An HTTP server that plays one version of a service. `/healthz` always answers 200, `/echo` (with any path
 * after it) answers with the request it received, an order of a shop with that order, and every other path with `{ version, path }`,
 * as the behaviour says.
 */
export async function startToyUpstream(options: ToyOptions): Promise<ToyUpstream> {
  const { host, port, version, seed = 1, orders, log } = options;
  const random = uniformDraws(seed);
  let behaviour: ToyBehaviour = options;
  let requests = 0;
  let errors = 0;

  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/';
    if (path === '/healthz') return answer(outgoing, 200, { version, status: 'ok' });
    if (/(^|\/)echo(\/|\?|$)/.test(path)) return echo(incoming, outgoing, version);
    requests++;
    const number = orders === undefined ? null : orderOf(path);
    const isTest = number !== null && path.endsWith(OF_TEST);
    const status = !isTest && random() < behaviour.errorRate ? 500 : 200;
    if (status === 500) errors++;
    incoming.resume();
    const delayMs = logNormalDraw(behaviour.p50Ms, behaviour.p99Ms, random);
    const order = orders === undefined || number === null || status === 500 ? null : drawOrder(number, orders, random);
    const say = () => {
      answer(outgoing, status, order ?? { version, path });
      if (order !== null) log?.(linesOfOrder(order, Math.round(delayMs)));
    };
    if (delayMs < 0.5) say();
    else setTimeout(say, delayMs);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    setBehaviour: (change) => {
      behaviour = { ...behaviour, ...change };
    },
    counts: () => ({ requests, errors }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(outgoing: ServerResponse<IncomingMessage>, status: number, body: object): void {
  const text = JSON.stringify(body);
  outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  outgoing.end(text);
}

/** The body of an echo: everything that arrived, so that a test can see what a gateway changed. */
export interface Echo {
  readonly version: string;
  readonly method: string;
  readonly url: string;
  /** Name, value, name, value, as received. */
  readonly rawHeaders: readonly string[];
  readonly bodyLength: number;
  readonly bodySha256: string;
}

function echo(incoming: IncomingMessage, outgoing: ServerResponse<IncomingMessage>, version: string): void {
  const hash = createHash('sha256');
  let bodyLength = 0;
  incoming.on('data', (chunk: Buffer) => {
    bodyLength += chunk.length;
    hash.update(chunk);
  });
  incoming.once('end', () => {
    const { method = '', url = '', rawHeaders } = incoming;
    const seen: Echo = { version, method, url, rawHeaders, bodyLength, bodySha256: hash.digest('hex') };
    answer(outgoing, 200, seen);
  });
}

function durationOption(name: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms === null) throw new TypeError(`--${name} must be a duration such as 20ms, not ${text}`);
  return ms;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '9001' },
      version: { type: 'string', default: 'v1' },
      'error-rate': { type: 'string', default: '0' },
      p50: { type: 'string', default: '20ms' },
      p99: { type: 'string', default: '80ms' },
      seed: { type: 'string', default: '1' },
    },
  });
  const toy = await startToyUpstream({
    host: values.host,
    port: Number(values.port),
    version: values.version,
    errorRate: Number(values['error-rate']),
    p50Ms: durationOption('p50', values.p50),
    p99Ms: durationOption('p99', values.p99),
    seed: Number(values.seed),
  });
  console.log(`toy upstream ${values.version} on ${toy.url}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void toy.close());
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
