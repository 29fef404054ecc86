import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { logMetrics } from '../../../src/exposition/log-metrics.ts';
import { LineTotals } from '../../../src/logs/counting/outcomes.ts';
import { LogWork } from '../../../src/logs/thread/log-work.ts';

describe('the figures of log lines', () => {
  it('have no more series for each version that was rolled out', async () => {
    const work = new LogWork();
    const sums = new LineTotals();
    for (let at = 1; at <= 50; at++) {
      const watched = { stable: `v${at}`, canary: `v${at + 1}`, epoch: at, since: null };
      const now = at * 1_000;
      work.done({ kind: 'take', take: { route: 'shop', watched, spans: [], taken: null } }, now);
      const lines = [`v${at}`, `v${at + 1}`, 'other'].map((version) => `{"message":"m","version":"${version}"}\n`);
      const bytes = new Uint8Array(Buffer.from(lines.join('')));
      const batch = { way: 'ndjson', bytes, coding: 'identity', route: 'shop', version: null } as const;
      const done = work.done({ kind: 'batch', batch, routes: { names: ['shop'], byService: {} } }, now);
      if (done.kind === 'read') for (const total of done.totals) sums.add(total);
    }
    const registry = new Registry();
    logMetrics(registry, { lines: sums.all(), refused: 0, lastCame: new Map(), fetches: new Map() });
    const text = await registry.metrics();
    expect(text.match(/^serin_log_lines_total\{.*$/gm)).toEqual([
      'serin_log_lines_total{http_route="shop",serin_track="stable",outcome="counted"} 50',
      'serin_log_lines_total{http_route="shop",serin_track="canary",outcome="counted"} 50',
      'serin_log_lines_total{http_route="shop",serin_track="",outcome="unknown-version"} 50',
    ]);
  });
});
