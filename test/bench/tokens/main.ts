// npm run bench:tokens [-- [--rounds N] [--date YYYY-MM-DD]]: CPU per request with a cached token against one with an API key.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { TokenTotals } from '../../../src/gateway/gateway.ts';
import { issuer, keySet } from '../../support/issuer.ts';
import { Children, messageOf, sayingsOf } from '../gateway/children.ts';
import { LoadConnection } from '../gateway/connection.ts';
import { machine } from '../gateway/machine.ts';
import { placement } from '../gateway/placement.ts';
import { cpuMs } from '../gateway/process-usage.ts';
import type { UpstreamReady } from '../gateway/upstream.ts';
import { markdown, type Sample, WAYS, type Way } from './report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '60' },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
  },
});
if (process.platform !== 'linux') {
  console.error('the benchmark reads /proc and runs on Linux only');
  process.exit(2);
}

const CLIENTS = 256;
const CONNECTIONS = 16;
const WARM_UP_MS = 100;
const WINDOW_MS = 300;

const own = issuer('k1', 'RS256');
const tokens = Array.from({ length: CLIENTS }, (_, at) =>
  own.token({ client_id: `client-${at}`, scope: 'orders:read' }),
);
const folder = mkdtempSync(join(tmpdir(), 'serin-bench-'));
writeFileSync(join(folder, 'jwks.json'), keySet(own));

/** One request of each client: with a short key; with a text that is as long as a token, and is none; with a token. */
function requestsOf(way: Way): readonly Buffer[] {
  const credential = (at: number): string => {
    const token = tokens[at] ?? '';
    if (way === 'key') return `X-Api-Key: key-${at}-4f9d2c61a07be835`;
    return `Authorization: Bearer ${way === 'jwt' ? token : token.replaceAll('.', '-')}`;
  };
  return Array.from({ length: CLIENTS }, (_, at) => {
    const lines = ['Host: shop.example', 'User-Agent: bench/1.0', 'Accept: application/json', credential(at)];
    return Buffer.from(`GET /${way}/bytes/1024?page=${at} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  });
}

const ran = machine();
const children = new Children();
const { proxy, generator, upstream: core } = placement();
const upstream = children.start(join(import.meta.dirname, '../gateway/upstream.ts'), [], { core, kind: 'module' });
const { ports } = await messageOf<UpstreamReady>(upstream, sayingsOf(upstream));
const host = children.start(join(import.meta.dirname, 'gateway-host.ts'), [...ports.map(String), folder], {
  core: proxy,
  kind: 'module',
});
const { port } = await messageOf<{ readonly port: number }>(host, sayingsOf(host));

async function window(way: Way): Promise<Sample> {
  const requests = requestsOf(way);
  let answered = 0;
  const connections = Array.from({ length: CONNECTIONS }, (_, at) => new LoadConnection(port, requests, at * 16));
  await Promise.all(connections.map((connection) => connection.open()));
  let isOpen = true;
  for (const connection of connections) {
    connection.onAnswer = (status) => {
      if (status !== 200) throw new Error(`an answer of ${status}`);
      answered++;
      if (isOpen) connection.ask();
    };
    connection.ask();
  }
  await sleep(WARM_UP_MS);
  const [before, cpu] = [answered, cpuMs(host.pid ?? 0)];
  await sleep(WINDOW_MS);
  const us = (1_000 * (cpuMs(host.pid ?? 0) - cpu)) / (answered - before);
  isOpen = false;
  await sleep(20);
  for (const connection of connections) connection.close();
  return { way, us, requests: answered - before };
}

for (const way of WAYS) for (let time = 0; time < 5; time++) await window(way);
const rounds: Sample[][] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const samples: Sample[] = [];
  // Each way is first, in the middle and last as often.
  for (let at = 0; at < WAYS.length; at++) {
    const way = WAYS[(round + at) % WAYS.length];
    if (way !== undefined) samples.push(await window(way));
  }
  rounds.push(samples);
}
host.send('tokens');
const [totals] = await messageOf<readonly TokenTotals[]>(host);
await children.stopAll();
rmSync(folder, { recursive: true });

const text = markdown({
  date: values.date,
  machine: { ...ran, stolen: ran.stolen() },
  tokenBytes: tokens[0]?.length ?? 0,
  pinned: proxy !== null && generator !== null,
  outcomes: totals?.outcomes ?? {},
  rounds,
});
console.log(text);
writeFileSync(join(import.meta.dirname, '..', 'tokens.md'), text);
process.exit(0);
