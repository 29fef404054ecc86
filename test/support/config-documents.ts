import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { changesBetween } from '../../src/config/changes/configuration-change.ts';
import { inForceAfter } from '../../src/config/changes/in-force-after.ts';
import { checkedConfig, type LoadedConfig, loadConfig, loadPolicies } from '../../src/config/load.ts';
import { Problem } from '../../src/problem/problem.ts';

/** Files that no disk has to keep. */
const MEMORY = '/dev/shm';

type Draw = (below: number) => number;

const WHOLE = {
  environment: 'production',
  gateway: {
    listen: '0.0.0.0:${PORT:-8080}',
    trustedProxies: ['10.0.0.0/8'],
    timeouts: { answer: '30s', idle: '15s' },
    limits: { bodyBytes: 10_485_760 },
  },
  control: { listen: '127.0.0.1:7780', hosts: ['*.example.com'] },
  sources: { main: { kind: 'prometheus', url: 'http://prometheus:9090', auth: { bearer: '${TOKEN}' } } },
  policies: [],
  routes: [
    {
      name: 'shop',
      path: '/shop',
      stable: { url: 'http://10.0.0.5:9001', version: 'v1' },
      policy: 'standard',
      sticky: { header: 'x-user-id' },
      consumerKey: { header: 'x-api-key' },
      mirror: '5%',
      templates: ['/shop/orders/{id}'],
    },
    {
      name: 'pay',
      path: '/pay',
      host: 'pay.example.com',
      stable: 'http://10.0.0.6:9001',
      policy: 'fast',
      source: 'main',
      metrics: { preset: 'otel', version: { label: 'v' } },
    },
    {
      name: 'ids',
      path: '/ids',
      stable: 'http://10.0.0.7:9001',
      policy: 'standard',
      consumerKey: { jwt: { jwks: 'keys.json', issuer: 'https://issuer.example.com', audience: 'api' } },
      logs: { services: ['ids'], loki: { url: 'http://loki:3100', query: '{app="ids"}' } },
    },
  ],
  channels: { console: true, pagerduty: { routingKey: '${KEY}' } },
};

/** Of another type, size or meaning than any field expects. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  Number.POSITIVE_INFINITY,
  Number.NaN,
  '',
  ' ',
  [],
  {},
  [[]],
  { '': '' },
  { constructor: {} },
  '${',
  '$${X}',
  '${NONE}',
  '${NONE:-}',
  '${SET}',
  '${SET:-${NONE}}',
  '${LONG}',
  '${nul}',
  '${}',
  'file:',
  'file:.',
  'file:pipe',
  'file:gone',
  'file:empty',
  'file:bytes',
  'file:given',
  'file:/dev/zero',
  'file:/proc/self/mem',
  'file:../../../../../../etc/shadow',
  'file:a\0b',
  'pipe',
  '\0',
  '\ud800',
  '\u202e',
  'x'.repeat(3_000),
  '[::1]:99999',
  'http://user:word@host/',
  'http://[',
  '1e999s',
  '٣s',
];
/** What means something to YAML itself. */
const ODD_TEXTS = [
  '&a ',
  '*a',
  '<<: *a\n',
  '!!binary ',
  '!!python/object ',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '{',
  '}',
  ']',
  ': ',
  '- ',
  '? ',
  '\t',
  '"',
  "'",
  '|\n',
  '>-\n',
  '\r\n',
  '\r',
  '\ufeff',
  '\0',
  '\u0085',
  '#',
  '0x',
  '0o7',
  '.inf',
  '1_000',
  '__proto__: 1\n',
  `${'['.repeat(3_000)}`,
  `${'{a: '.repeat(40)}`,
  `${'- '.repeat(60)}`,
];

/** Mulberry32. */
function drawsOf(seed: number): Draw {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** The places of every value of plain data, with the containers that hold them. */
function placesIn(data: unknown): readonly { readonly in: Record<string, unknown>; readonly key: string }[] {
  if (typeof data !== 'object' || data === null) return [];
  const held = data as Record<string, unknown>;
  return Object.keys(held).flatMap((key) => [{ in: held, key }, ...placesIn(held[key])]);
}

function withOddValue(data: unknown, draw: Draw): void {
  const places = placesIn(data);
  const one = places[draw(places.length)];
  const other = places[draw(places.length)];
  if (one === undefined || other === undefined) return;
  const odd = structuredClone(ODD_VALUES[draw(ODD_VALUES.length)]);
  switch (draw(5)) {
    case 0:
      delete one.in[one.key];
      break;
    case 1:
      one.in[one.key] = structuredClone(other.in[other.key]);
      break;
    case 2:
      one.in[`${other.key}${draw(2) === 0 ? '' : 's'}`] = odd;
      break;
    case 3: {
      let deep: unknown = odd;
      for (let levels = draw(25); levels > 0; levels--) deep = draw(2) === 0 ? [deep] : { deep };
      one.in[one.key] = deep;
      break;
    }
    default:
      one.in[one.key] = odd;
  }
}

function withOddText(text: string, draw: Draw): string {
  const [from, length] = [draw(text.length), draw(12)];
  const odd = ODD_TEXTS[draw(ODD_TEXTS.length)] ?? '';
  const lines = text.split('\n');
  const at = draw(lines.length);
  switch (draw(6)) {
    case 0:
      return text.slice(0, from) + text.slice(from + length);
    case 1:
      return text.slice(0, from) + odd + text.slice(from);
    case 2:
      return text.slice(0, from) + odd + text.slice(from + length);
    case 3:
      return text.replaceAll('\n', draw(2) === 0 ? '\r\n' : '\r');
    case 4:
      // Mostly a key that is given twice.
      return [...lines.slice(0, at), lines[draw(lines.length)], ...lines.slice(at + draw(2))].join('\n');
    default:
      return text.slice(0, from);
  }
}

function documentOf(draw: Draw): string {
  const data = structuredClone(WHOLE);
  for (let times = draw(4); times > 0; times--) withOddValue(data, draw);
  let text = stringify(data, { collectionStyle: draw(4) === 0 ? 'flow' : 'any', aliasDuplicateObjects: draw(2) === 0 });
  for (let times = draw(4); times > 1; times--) text = withOddText(text, draw);
  return text;
}

export interface FuzzedDocuments {
  readonly read: number;
  readonly refused: number;
  /** What took longest, in ms. */
  readonly slowest: number;
}

/**
 * Has generated documents read as a reload reads them. Throws with the document of the first that ends in anything but success, or a refusal
 * in which each fault has its place.
 */
export function fuzzDocuments(
  documents: number,
  seed: number,
  onProgress: (so: number) => void = () => {},
): FuzzedDocuments {
  const draw = drawsOf(seed);
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'serin-fuzz-'));
  const file = join(folder, 'serin.yaml');
  const env = { SET: 'set', LONG: 'x'.repeat(100_000), PORT: '' };
  try {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'empty'), '');
    writeFileSync(join(folder, 'given'), 'given\n');
    writeFileSync(join(folder, 'bytes'), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    writeFileSync(file, stringify(WHOLE));
    const present = loadConfig(file, env);
    let [read, slowest] = [0, 0];
    for (let at = 0; at < documents; at++) {
      const text = documentOf(draw);
      writeFileSync(file, text);
      const since = performance.now();
      const fault = faultOf(() => readAgain(file, present, env), file);
      slowest = Math.max(slowest, performance.now() - since);
      if (fault === null) read++;
      else if (typeof fault !== 'string') {
        throw new Error(`document ${at} of the seed ${seed}: ${JSON.stringify(text)}`, { cause: fault.error });
      }
      if (at % 1_000 === 999) onProgress(at + 1);
    }
    return { read, refused: documents - read, slowest };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Null where it was read, a text where it was refused as it should be. */
function faultOf(work: () => void, file: string): string | null | { readonly error: unknown } {
  try {
    work();
    return null;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'invalid-input') return { error };
    const isPlaced = error.issues.length > 0 && error.issues.every(({ place }) => place?.file === file);
    return isPlaced ? error.message : { error };
  }
}

function readAgain(file: string, present: LoadedConfig, env: NodeJS.ProcessEnv): void {
  const read = loadConfig(file, env);
  const { document, folder } = read;
  if (document === null) throw new Error('a file was read without its places');
  loadPolicies(read);
  const merged = inForceAfter(present, read);
  const loaded = { config: checkedConfig({ file, document, filled: merged.filled }), document, folder, ...merged };
  changesBetween(present, read);
  changesBetween(read, loaded);
}
