import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { parseDurationMs } from '../policy/units.ts';

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

/** z of the 99th percentile of the normal distribution. */
const Z99 = 2.326347874;

/**
 * An HTTP server that plays one version of a service. `/healthz` always answers 200, `/echo` (with any path
 * after it) answers with the request it received, and every other path answers `{ version, path }` as the behaviour says.
 */
export async function startToyUpstream(options: ToyOptions): Promise<ToyUpstream> {
  const { host, port, version, seed = 1 } = options;
  const random = uniform(seed);
  let behaviour: ToyBehaviour = options;
  let requests = 0;
  let errors = 0;

  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/';
    if (path === '/healthz') return answer(outgoing, 200, { version, status: 'ok' });
    if (/(^|\/)echo(\/|\?|$)/.test(path)) return echo(incoming, outgoing, version);
    requests++;
    const status = random() < behaviour.errorRate ? 500 : 200;
    if (status === 500) errors++;
    incoming.resume();
    const delayMs = latencyMs(behaviour, random);
    if (delayMs < 0.5) answer(outgoing, status, { version, path });
    else setTimeout(() => answer(outgoing, status, { version, path }), delayMs);
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

function latencyMs({ p50Ms, p99Ms }: ToyBehaviour, random: () => number): number {
  if (p50Ms <= 0) return 0;
  const sigma = Math.log(Math.max(p99Ms, p50Ms) / p50Ms) / Z99;
  // Box-Muller; 1 - u keeps the logarithm finite.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return p50Ms * Math.exp(sigma * normal);
}

/** mulberry32: small, seeded, and good enough to draw latencies from. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
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
