import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { everyMetric, metricsIn } from '../scripts/reference/metrics.ts';
import type { Memory } from '../src/controller/memory.ts';
import { exposition } from '../src/exposition/exposition.ts';
import { InternalErrors } from '../src/exposition/internal-errors.ts';
import { createGateway } from '../src/gateway/create-gateway.ts';
import type { Gateway } from '../src/gateway/gateway.ts';
import { FAULT_PLACES } from '../src/gateway/http/faults.ts';
import { figuresOf } from '../src/server/figures.ts';
import { controllerStage, embeddedStore, OPERATOR } from './support/controller-stage.ts';
import { orderTo, rethrow, routeTo, SECRET } from './support/gateway.ts';
import { exposedIn, namesIn } from './support/promql.ts';
import { promtool, promtoolBinary } from './support/promtool.ts';
import { serviceOrSkip } from './support/require-service.ts';
import { HEALTHY } from './support/simulated-traffic.ts';

const promtoolSuite = serviceOrSkip('promtool', await promtoolBinary());

const deploy = fileURLToPath(new URL('../deploy/', import.meta.url));
const read = (path: string) => readFileSync(`${deploy}${path}`, 'utf8');

const dashboard = z
  .object({
    title: z.string(),
    uid: z.string(),
    panels: z.array(
      z.object({
        title: z.string(),
        gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
        targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).min(1),
      }),
    ),
    templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.unknown() })) }),
  })
  .parse(JSON.parse(read('grafana/serin.json')));
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));

const rules = z
  .object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({ alert: z.string(), expr: z.string(), annotations: z.object({ summary: z.string() }) }),
        ),
      }),
    ),
  })
  .parse(parse(read('alerts.yml')))
  .groups.flatMap((group) => group.rules);

/** The metrics of a Serin with a rollout at a step, one that was rolled back, and traffic of every kind. */
async function exposedText(store: Awaited<ReturnType<typeof embeddedStore>>['store']): Promise<string> {
  const channel = { name: 'pager', takes: ['page' as const], deliver: async () => ({ kind: 'delivered' as const }) };
  // The harmful one first: a tick looks at every rollout that runs, with the traffic of its own stage.
  let memory: Memory | null = null;
  for (const canary of [{ ...HEALTHY, errors: 0.3 }, HEALTHY]) {
    const stage = controllerStage(store, { canary, channels: [channel] });
    const start = { route: stage.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'ready' };
    await stage.commands.start({ ...start, force: false, replace: false }, OPERATOR);
    await stage.run(90_000);
    memory = stage.ports.memory;
  }
  if (memory === null) throw new Error('no rollout was looked at');
  const gateway = createGateway(options);
  await traffic(gateway);
  const internalErrors = new InternalErrors(() => {}, FAULT_PLACES);
  internalErrors.onFault({ error: new Error('a bug'), where: 'answer', requestId: 'r-1' });
  return exposition(
    figuresOf({
      gateway,
      store,
      controller: { leads: () => true, tickAgoMs: () => 1_000 },
      memory,
      internalErrors,
      accessLog: { dropped: () => 0 },
      logs: () => ({
        lines: [{ route: 'payments', track: 'canary', outcome: 'counted', lines: 1 }],
        refused: 0,
        lastCame: new Map([['payments', 1_800_000_000_000]]),
        fetches: new Map([['payments', { fault: null }]]),
      }),
      eventStreams: () => 1,
      configuration: () => ({ successfulAt: 1_800_000_000_000, fault: null, waiting: [] }),
      log: () => undefined,
      channels: () => ['pager', 'console'],
    }),
  )();
}

const MIRROR = { share: 1, methods: ['GET'], perSecond: 1, concurrency: 1, timeoutMs: 1, compare: true };

const TOKENS = { issuer: 'https://issuer.test', audience: ['serin'], claim: 'client_id', jwks: { file: 'none.json' } };
const CONSUMER_KEY = { kind: 'jwt', name: 'authorization', rule: TOKENS } as const;

const options = {
  listen: { host: '127.0.0.1', port: 0 },
  routes: [routeTo('http://127.0.0.1:1', { mirror: MIRROR, consumerKey: CONSUMER_KEY })],
  trustedProxies: [],
  secret: SECRET,
  onFault: rethrow,
  timeouts: { connectMs: 500, answerMs: 500, headersMs: 500, idleMs: 500 },
};

async function traffic(gateway: Gateway): Promise<void> {
  const { port } = await gateway.listen();
  await gateway.setSplit(orderTo('http://127.0.0.1:1', 'http://127.0.0.1:1', { canaryBps: 5_000 }));
  for (let at = 0; at < 8; at += 1) await (await fetch(`http://127.0.0.1:${port}/a`)).arrayBuffer();
  await gateway.close(0);
}

describe('what Serin exposes', () => {
  let home: Awaited<ReturnType<typeof embeddedStore>>;
  let text = '';
  let exposed: ReturnType<typeof exposedIn>;

  beforeAll(async () => {
    home = await embeddedStore();
    text = await exposedText(home.store);
    exposed = exposedIn(text);
  });
  afterAll(() => home.close());

  it('has every metric of docs/reference/metrics.md, with its type, its help and its labels, and no other', async () => {
    // No upstream answers here, so that nothing has a status.
    const told = (await everyMetric()).map((metric) => ({
      ...metric,
      labels: metric.labels.filter((label) => label !== 'http_response_status_code'),
    }));
    expect(metricsIn(text)).toEqual(told);
  });

  it('has the metrics of the conventions, each with its labels', () => {
    const labelsOf = (metric: string) => [...(exposed.get(metric) ?? [])].toSorted();
    expect(labelsOf('http_server_request_duration_seconds_bucket')).toEqual([
      'error_type',
      'http_request_method',
      'http_route',
      'le',
      'serin_track',
      'serin_version',
    ]);
    expect(labelsOf('serin_rollout_info')).toEqual(['http_route', 'policy', 'rollout', 'serin_version', 'stage']);
    expect(labelsOf('serin_rollbacks_total')).toEqual(['http_route', 'reason']);
    expect(labelsOf('serin_notifications_total')).toEqual(['channel', 'outcome']);
    expect(labelsOf('serin_internal_errors_total')).toEqual(['where']);
    expect(labelsOf('serin_check_evidence')).toEqual(['check', 'http_route', 'side']);
    for (const metric of ['serin_rollout_status', 'serin_rollout_weight', 'serin_promotions_total']) {
      expect(labelsOf(metric), metric).toEqual(['http_route']);
    }
  });

  it('tells the rollout that was rolled back from the one that goes on, and why', () => {
    const lines = text.split('\n');
    expect(lines.filter((line) => /^serin_rollbacks_total\{.*reason="harmful"\} 1$/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^serin_rollout_status\{.*\} -1$/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^serin_rollout_status\{.*\} [1-5]$/.test(line))).toHaveLength(1);
    expect(text).toContain('serin_notifications_waiting{channel="pager"} 1');
    expect(text).toContain('serin_notifications_total{channel="console",outcome="delivered"} 0');
  });

  it('has every metric and label that the dashboard asks for', () => {
    expect(queries.length).toBeGreaterThan(10);
    for (const { title, expr, legendFormat } of queries) {
      const { metrics, labels } = namesIn(expr);
      expect(metrics.length, title).toBeGreaterThan(0);
      const known = new Set(metrics.flatMap((metric) => [...(exposed.get(metric) ?? [])]));
      for (const metric of metrics) expect([...exposed.keys()], title).toContain(metric);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      for (const label of [...labels, ...shown]) expect([...known], `${title}: ${expr}`).toContain(label);
    }
  });

  it('has every metric and label that an alert asks for', () => {
    // What Prometheus adds to whatever it scrapes.
    const scraped = ['job', 'instance'];
    for (const { alert, expr, annotations } of rules) {
      const { metrics, labels } = namesIn(expr);
      const own = metrics.filter((metric) => metric !== 'up');
      for (const metric of own) expect([...exposed.keys()], alert).toContain(metric);
      const known = [...scraped, ...own.flatMap((metric) => [...(exposed.get(metric) ?? [])])];
      const shown = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      for (const label of [...labels, ...shown]) expect(known, `${alert}: ${expr}`).toContain(label);
    }
  });

  promtoolSuite('by the judgement of promtool', (binary) => {
    it('is clean', async () => {
      expect(await promtool(binary, ['check', 'metrics'], text)).toEqual({ code: 0, said: '' });
    });

    it('would not be with a counter that is not called one', async () => {
      const spoilt = '# TYPE serin_rollbacks counter\nserin_rollbacks 1\n';
      expect((await promtool(binary, ['check', 'metrics'], spoilt)).code).not.toBe(0);
    });
  });
});

describe('the dashboard', () => {
  it('has no panel over another', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });

  it('is provisioned beside a data source that there is', () => {
    const compose = readFileSync(`${deploy}../docker-compose.yml`, 'utf8');
    const provider = read('grafana/provisioning/dashboards/serin.yml');
    const folder = /path: (\S+)/.exec(provider)?.[1];
    expect(compose).toContain(`./deploy/grafana/serin.json:${folder}/serin.json:ro`);
    expect(read('grafana/provisioning/datasources/prometheus.yml')).toContain('url: http://prometheus:9090');
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'route']);
  });
});

describe('the reader of PromQL names', () => {
  it('finds metrics and labels, and takes no function, keyword or string for one', () => {
    const expression = `sum by (route, le) (rate(a_total{x=~"b{c}", y!="d"}[5m])) / on (route) b:c > 0.5 unless e offset 1h == -1`;
    expect(namesIn(expression)).toEqual({ metrics: ['a_total', 'b:c', 'e'], labels: ['x', 'y', 'route', 'le'] });
  });
});

promtoolSuite('promtool', (binary) => {
  it('accepts the configuration of Prometheus, and the rules that it names', async () => {
    const { code, said } = await promtool(binary, ['check', 'config', `${deploy}prometheus.yml`]);
    expect(code, said).toBe(0);
    expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('sees the alerts fire when they should, and not otherwise', async () => {
    const { code, said } = await promtool(binary, ['test', 'rules', `${deploy}alerts.test.yml`]);
    expect(code, said).toBe(0);
  });

  it('has a test of every alert', () => {
    const tested = new Set([...read('alerts.test.yml').matchAll(/alertname: (\w+)/g)].map(([, name]) => name));
    expect(tested).toEqual(new Set(rules.map(({ alert }) => alert)));
  });

  it('can read every expression of the dashboard', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'serin-dashboard-'));
    const file = join(folder, 'rules.yml');
    const asked = queries.map(({ expr }, at) => ({
      record: `panel:query:${at}`,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$route', '.*'),
    }));
    try {
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: asked }] }));
      const { code, said } = await promtool(binary, ['check', 'rules', file]);
      expect(code, said).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
