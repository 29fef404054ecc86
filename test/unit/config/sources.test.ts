import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { routeMetrics, routeMetricsSchema } from '../../../src/config/route-metrics.ts';
import { sourcesSchema } from '../../../src/config/sources.ts';
import type { Problem } from '../../../src/problem/problem.ts';
import { makeHome } from '../../support/server-process.ts';

const sources = (source: object) => sourcesSchema.safeParse({ prometheus: source });
const prometheus = (more: object = {}) => sources({ kind: 'prometheus', url: 'http://127.0.0.1:9090', ...more });

describe('sources', () => {
  it('have defaults', () => {
    expect(prometheus().data?.['prometheus']).toEqual({
      kind: 'prometheus',
      url: 'http://127.0.0.1:9090',
      interval: 15_000,
      timeout: 3_000,
      maxAnswerBytes: 4_194_304,
    });
    expect(sources({ kind: 'json', url: 'http://127.0.0.1:1/' }).data?.['prometheus']).toEqual({
      kind: 'json',
      url: 'http://127.0.0.1:1/',
      timeout: 3_000,
      maxAnswerBytes: 4_194_304,
    });
  });

  it('name a tenant by its value, or with a header of its own', () => {
    expect(prometheus({ tenant: 'shop' }).data?.['prometheus']).toMatchObject({
      tenant: { header: 'X-Scope-OrgID', value: 'shop' },
    });
    const own = { header: 'THANOS-TENANT', value: 'shop' };
    expect(prometheus({ tenant: own }).data?.['prometheus']).toMatchObject({ tenant: own });
  });

  it.each([
    ['an unknown kind', { kind: 'graphite', url: 'http://127.0.0.1:1' }],
    ['a metadata address', { kind: 'prometheus', url: 'http://169.254.169.254/' }],
    ['a file', { kind: 'prometheus', url: 'file:///etc/passwd' }],
    ['a secret in the URL', { kind: 'prometheus', url: 'http://me:secret@host/' }],
    ['a secret in the file', { kind: 'prometheus', url: 'http://host/', auth: { bearer: 's3cret' } }],
    [
      'two ways to authenticate',
      {
        kind: 'prometheus',
        url: 'http://host/',
        auth: { bearer: 'file:a', basic: { username: 'a', password: 'file:b' } },
      },
    ],
    ['a tenant that breaks the head', { kind: 'prometheus', url: 'http://host/', tenant: 'a\r\nx: y' }],
    ['scrapes of no time', { kind: 'prometheus', url: 'http://host/', interval: '10ms' }],
    ['an unknown key', { kind: 'prometheus', url: 'http://host/', intervall: '10s' }],
  ])('are refused with %s', (_, source) => {
    expect(sources(source).success).toBe(false);
  });
});

describe('the metrics of a route', () => {
  const read = (metrics: object) => {
    const parsed = routeMetricsSchema.safeParse(metrics);
    return parsed.success ? routeMetrics(parsed.data) : null;
  };

  it('tell versions apart by a label, or by a selector for each', () => {
    expect(read({ preset: 'istio', version: { label: 'destination_version' } })).toMatchObject({
      names: { requests: { metric: 'istio_requests_total' } },
      versions: {
        stable: { destination_version: '{{version}}' },
        canary: { destination_version: '{{version}}' },
      },
      nativeSchema: null,
    });
    expect(read({ preset: 'otel', stable: { a: '1' }, canary: { a: '2' }, native: { schema: 3 } })).toMatchObject({
      versions: { stable: { a: '1' }, canary: { a: '2' } },
      nativeSchema: 3,
    });
  });

  it("may be of metrics of one's own", () => {
    const own = { preset: 'custom', requests: 'hits_total', latency: 'hit_seconds', status: 'code' };
    expect(read({ ...own, version: { label: 'v', value: 'app-{{version}}' }, latencyStatus: false })).toMatchObject({
      names: {
        requests: { metric: 'hits_total', created: 'hits_created' },
        status: { label: 'code' },
        latency: { metric: 'hit_seconds', unitMs: 1_000, status: 'none' },
      },
      versions: { stable: { v: 'app-{{version}}' } },
    });
  });

  it.each([
    ['no way to tell versions apart', { preset: 'otel' }],
    ['both ways', { preset: 'otel', version: { label: 'v' }, stable: { a: '1' }, canary: { a: '2' } }],
    ['one version only', { preset: 'otel', stable: { a: '1' } }],
    ['a preset that nobody wrote', { preset: 'haproxy', version: { label: 'v' } }],
    ['a label that is PromQL', { preset: 'otel', version: { label: 'v="1"} or x{y' } }],
    [
      'a metric that is PromQL',
      { preset: 'custom', requests: 'a or b', latency: 'c', status: 'd', version: { label: 'v' } },
    ],
    ['a schema finer than is kept', { preset: 'otel', version: { label: 'v' }, native: { schema: 6 } }],
  ])('are refused with %s', (_, metrics) => {
    expect(read(metrics)).toBeNull();
  });
});

describe('a route and its source', () => {
  const home = makeHome('');
  afterAll(() => home.remove());

  const faultOf = (route: string, more = '') => {
    const file = join(home.folder, 'serin.yaml');
    writeFileSync(
      file,
      `${more}routes:\n  - name: shop\n    stable: http://127.0.0.1:9001\n    policy: standard\n${route}`,
    );
    try {
      loadConfig(file, {});
      return null;
    } catch (error) {
      return (error as Problem).issues?.map(({ place, message }) => `${place?.line}: ${message}`).join('\n');
    }
  };
  const SOURCES =
    'sources:\n  mesh: { kind: prometheus, url: "http://127.0.0.1:9090" }\n  kpis: { kind: json, url: "http://127.0.0.1:1" }\n';
  const METRICS = '    metrics: { preset: otel, version: { label: service_version } }\n';

  it.each([
    [
      'a source that nobody declared',
      '    source: mesch\n',
      SOURCES,
      /8: route shop names the source mesch; there are mesh, kpis/,
    ],
    [
      'a source in a file without any',
      '    source: mesh\n',
      '',
      /5: route shop names the source mesh; the file declares none/,
    ],
    ['metrics without a source', METRICS, SOURCES, /8: route shop has metrics, but no source/],
    [
      'a source without metrics',
      '    source: mesh\n',
      SOURCES,
      /8: route shop has a source, but does not say which metrics/,
    ],
    ['a source of values', `    source: kpis\n${METRICS}`, SOURCES, /8: the source kpis answers query checks only/],
    [
      'a foreign split that nobody measures',
      '    router: none\n',
      SOURCES,
      /8: route shop needs a source, because the gateway sees none/,
    ],
  ])('%s is refused with its place', (_, route, more, message) => {
    expect(faultOf(route, more)).toMatch(message);
  });

  it('that fit are taken', () => {
    expect(faultOf(`    source: mesh\n    router: none\n${METRICS}`, SOURCES)).toBeNull();
  });
});
