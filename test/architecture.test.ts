import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type ImportTable,
  importCycles,
  importViolations,
  impurities,
  packagesUsed,
  roomCycles,
  upwardImports,
} from './support/imports.ts';
import { sharedNames } from './support/shared-names.ts';
import { parseSourceFile } from './support/source-file.ts';

const PURE = ['redact', 'policy', 'split', 'stats', 'parity', 'judge', 'rollout', 'consumers'];
const ADAPTERS = ['metrics', 'logs', 'routers', 'notify', 'store'];
const DESCRIPTIVE = ['max', 'mean', 'median', 'min', 'sampleStandardDeviation', 'sampleVariance', 'sum', 'variance'];
/** What the reader of serin.yaml has to agree with: normal forms, defaults and presets of those that it configures. */
const CONFIGURABLE = [
  'gateway/http/address-ranges.ts',
  'gateway/http/headers.ts',
  'gateway/http/host-name.ts',
  'gateway/http/limits.ts',
  'gateway/http/timeouts.ts',
  'gateway/route/route-table.ts',
  'gateway/upstream/own-listeners.ts',
  'gateway/upstream/upstream-address.ts',
  'metrics/matchers.ts',
  'metrics/presets/envoy.ts',
  'metrics/presets/istio.ts',
  'metrics/presets/nginx-ingress.ts',
  'metrics/presets/otel.ts',
  'metrics/presets/traefik.ts',
  'metrics/prometheus/pattern-fault.ts',
  'notify/channels.ts',
];
const exactStatistics = { 'simple-statistics': DESCRIPTIVE };

/** Who may import whom: everything that is not allowed here is forbidden. */
const TABLE: ImportTable = {
  leaves: ['problem'],
  exceptions: {
    'src/policy/digest.ts': ['node:crypto'],
    'src/problem/regular-file.ts': ['node:fs', 'node:fs/promises'],
  },
  rooms: {
    problem: { packages: ['node:path'] },
    redact: {},
    split: {},
    policy: { rooms: ['split'], packages: ['zod', 'yaml'] },
    stats: { rooms: ['policy', 'split'], only: exactStatistics },
    parity: { rooms: ['policy', 'split', 'stats'], only: exactStatistics },
    judge: { rooms: ['redact', 'policy', 'split', 'stats', 'parity'], only: exactStatistics },
    rollout: { rooms: ['policy', 'split', 'stats', 'parity', 'judge'], only: exactStatistics },
    consumers: { rooms: ['policy', 'split', 'stats', 'parity', 'rollout'], packages: ['zod'] },
    metrics: { rooms: PURE, packages: ['prometheus-query', 'undici', 'node:*'] },
    logs: {
      rooms: PURE,
      typesOf: ['metrics'],
      files: ['metrics/taken-cursor.ts'],
      packages: ['@bufbuild/protobuf', 'node:*'],
    },
    routers: { rooms: PURE, packages: ['undici', 'node:*'] },
    notify: { rooms: PURE, packages: ['undici', 'zod', 'node:*'] },
    store: { rooms: PURE, packages: ['drizzle-orm', 'postgres', '@electric-sql/pglite', 'uuid', 'node:*'] },
    gateway: { rooms: PURE, packages: ['hono', '@hono/node-server', 'jose', 'node:*'] },
    openapi: {
      rooms: PURE,
      files: ['gateway/upstream/fetch-text.ts'],
      packages: ['@seriousme/openapi-schema-validator', 'yaml', 'node:*'],
    },
    controller: {
      rooms: PURE,
      files: ['metrics/source.ts', 'routers/router.ts', 'notify/channel.ts', 'store/store.ts'],
      packages: ['node-cron'],
    },
    api: { rooms: PURE, packages: ['hono', '@hono/*', 'zod'] },
    cli: {
      rooms: [...PURE, 'simulate'],
      typesOf: ['api'],
      files: [
        'api/views.ts',
        'api/view-schemas.ts',
        'api/preview/preview-view.ts',
        'api/report/report-schema.ts',
        'api/consumers/consumer-view.ts',
        'api/consumers/report-view.ts',
        'api/restore/restore-view.ts',
        'api/views/route-view.ts',
        'api/configuration/configuration-view.ts',
        'api/problem-schema.ts',
        'identity/private-file.ts',
      ],
      packages: ['commander', 'log-update', 'openid-client', 'picocolors', 'yaml', 'node:*'],
    },
    simulate: { rooms: PURE, packages: ['simple-statistics'] },
    demo: {
      rooms: ['server', 'config', 'identity', 'policy'],
      typesOf: ['api'],
      files: ['cli/client.ts', 'cli/panel/panel.ts', 'api/view-schemas.ts'],
      packages: ['undici', 'log-update', 'picocolors', 'node:*'],
    },
    // In the browser: of the server it has types, and the words that it would have to repeat.
    dashboard: { typesOf: ['api'], files: ['parity/differences/difference.ts'], packages: ['preact', 'zod'] },
    config: {
      rooms: PURE,
      typesOf: [...ADAPTERS, 'gateway'],
      files: CONFIGURABLE,
      packages: ['zod', 'yaml', 'node:*'],
    },
    exposition: { rooms: PURE, typesOf: ['gateway'], packages: ['prom-client'] },
    identity: {
      rooms: PURE,
      typesOf: ['gateway'],
      files: ['store/store.ts', 'gateway/route/jwt/key-source.ts', 'gateway/route/jwt/verify-token.ts'],
      packages: ['node:crypto', 'node:fs', 'node:path', 'openid-client'],
    },
    server: {
      rooms: [
        ...PURE,
        'config',
        'exposition',
        'identity',
        'metrics',
        'logs',
        'routers',
        'notify',
        'store',
        'gateway',
        'openapi',
        'controller',
        'api',
        'simulate',
      ],
      packages: 'all',
    },
    // Imports the rest once it knows that this Node can.
    'main.ts': { rooms: ['command-line.ts'], packages: ['node:v8'] },
    'command-line.ts': { rooms: 'all', packages: 'all' },
  },
};

/** The districts of the gateway, from the bottom up. */
const GATEWAY_FLOORS = [
  'http',
  'upstream',
  'gateway.ts',
  'measure/brake',
  'measure/endpoints',
  'measure/reading/shape',
  'measure/reading/compare',
  'measure/reading',
  'measure/shapes',
  'measure/pairs',
  'measure/consumers',
  'measure',
  'mirror',
  'route/jwt',
  'route',
  'serve',
  'serve/plain',
  'create-gateway.ts',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const files = globSync('{src,test,scripts}/**/*.{ts,tsx}', { cwd: root, exclude: ['**/node_modules/**'] })
  .map((path) => path.replaceAll(sep, '/'))
  .sort()
  .map((path) => parseSourceFile(path, readFileSync(`${root}${path}`, 'utf8')));
const declared: { readonly dependencies: object } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const sources = files.filter(({ path }) => path.startsWith('src/'));

describe('the rooms', () => {
  it('import only what the table allows', () => {
    expect(importViolations(sources, TABLE)).toEqual([]);
  });

  it('are built from the bottom up inside the gateway too', () => {
    expect(upwardImports(sources, 'gateway', GATEWAY_FLOORS)).toEqual([]);
  });

  it('have no import cycles', () => {
    expect(importCycles(sources)).toEqual([]);
  });

  it('need each other in one direction', () => {
    expect(roomCycles(sources)).toEqual([]);
  });

  it('that are pure have no clock, no chance and no outside world', () => {
    expect(impurities(sources, PURE)).toEqual([]);
  });

  it('rest on the libraries that were settled on', () => {
    const settled = ['hono', '@hono/node-server', 'node-cron', 'simple-statistics', 'drizzle-orm', 'postgres'];
    expect([...packagesUsed(sources)]).toEqual(expect.arrayContaining(settled));
    expect([...packagesUsed(files)]).toContain('vitest');
  });

  it('use every dependency of the package, and no other', () => {
    // The dashboard is built: what it imports is in its files.
    const running = sources.filter(({ path }) => !path.startsWith('src/dashboard/'));
    const used = [...packagesUsed(running)].filter((name) => !name.startsWith('node:'));
    expect(new Set(used)).toEqual(new Set(Object.keys(declared.dependencies)));
  });
});

describe('the files', () => {
  it('have at most 400 lines, and nine in ten of the sources at most 300', () => {
    expect(files.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
    const long = sources.filter(({ lines }) => lines > 300);
    expect(long.length, long.map(({ path }) => path).join(', ')).toBeLessThanOrEqual(sources.length / 10);
  });

  it('hold a thought each: half of the sources at least 55 lines, and nine in ten at most 250', () => {
    const lengths = sources.map(({ lines }) => lines).sort((one, other) => one - other);
    expect(lengths[Math.floor(lengths.length * 0.5)]).toBeGreaterThanOrEqual(55);
    expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThanOrEqual(250);
  });

  it('lie at most 25 to a folder', () => {
    const counts = new Map<string, number>();
    for (const { path } of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > 25).map(([folder]) => folder)).toEqual([]);
  });

  it('are called by what they hold, and are no barrels', () => {
    const vague = /(^|\/)(utils?|common|helpers?|managers?|index)(\.[a-z]+)*(\/|$)/i;
    expect(files.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });

  it('break connections off in one way', () => {
    const resets = sources.filter(({ path }) => readFileSync(`${root}${path}`, 'utf8').includes('resetAndDestroy('));
    expect(resets.map(({ path }) => path)).toEqual(['src/gateway/http/break-off.ts']);
  });

  it('export by name', () => {
    expect(files.filter(({ exports }) => exports === 'default').map(({ path }) => path)).toEqual([]);
  });

  it('give a name to one thing only', () => {
    expect(sharedNames(sources)).toEqual([]);
  });

  it('are found at all', () => {
    expect(sources.map(({ path }) => basename(path))).toContain('problem.ts');
  });
});
