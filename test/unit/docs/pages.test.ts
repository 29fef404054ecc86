import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { envoy } from '../../../src/metrics/presets/envoy.ts';
import { istio } from '../../../src/metrics/presets/istio.ts';
import { nginxIngress } from '../../../src/metrics/presets/nginx-ingress.ts';
import { otel } from '../../../src/metrics/presets/otel.ts';
import { traefik } from '../../../src/metrics/presets/traefik.ts';
import { PAGE_SEVERITY } from '../../../src/rollout/message.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { filesIn, ROOT, readPage } from '../../support/pages.ts';

const rowsOf = (path: string) =>
  readPage(path)
    .text.split('\n')
    .filter((line) => line.startsWith('| '));
const cellsOf = (row: string) => row.split('|').map((cell) => cell.trim());

describe('docs/semantics.md', () => {
  it('shows the margins that a policy has when it says nothing', () => {
    const [, shown = ''] = /```yaml\n([\s\S]*?)```/.exec(readPage('docs/semantics.md').text) ?? [];
    const { checks } = parse(shown);
    expect(judgePolicy({ checks }).spec.checks).toEqual(judgePolicy().spec.checks);
    expect(Object.keys(checks)).toEqual(['errors', 'latency']);
  });
});

describe('docs/conventions.md', () => {
  it.each([
    ['otel', otel],
    ['envoy', envoy],
    ['istio', istio],
    ['nginx-ingress', nginxIngress],
    ['traefik', traefik],
  ])('has the metrics of the preset %s', (name, { requests, status, latency }) => {
    const row = rowsOf('docs/conventions.md').find((line) => line.startsWith(`| \`${name}\``)) ?? '';
    const [, , asked, told, timed] = cellsOf(row);
    expect(asked).toContain(`\`${requests.metric}\``);
    expect(told).toContain(`\`${status.label}\``);
    expect(timed).toContain(`\`${latency.metric}\``);
  });
});

describe('docs/pages.md', () => {
  it('has every subject of a page, with its severity', () => {
    const rows = rowsOf('docs/pages.md').map((row) => cellsOf(row).slice(1, -1));
    for (const [subject, severity] of Object.entries(PAGE_SEVERITY)) {
      expect(rows.find(([name]) => name === `\`${subject}\``)?.at(-1)).toBe(`\`${severity}\``);
    }
  });
});

describe('docs/doctor.md', () => {
  it('has a row for every check', () => {
    const checks = filesIn('src/server/checks/*.ts').flatMap((path) => {
      const [, name] = /^ {2}name: '([a-z]+)',$/m.exec(readFileSync(`${ROOT}${path}`, 'utf8')) ?? [];
      return name === undefined ? [] : [name];
    });
    const rows = rowsOf('docs/doctor.md').map((row) => cellsOf(row)[1]);
    expect(checks.filter((name) => !rows.includes(`\`${name}\``))).toEqual([]);
    expect(checks.length).toBeGreaterThan(9);
  });
});

describe('docs/data-path.md', () => {
  it('has every target of the benchmark', () => {
    const targets = (path: string) =>
      rowsOf(path).flatMap((row) => {
        const [, what = '', target = ''] = cellsOf(row);
        return /^[<>]= /.test(target) ? [`${what}: ${target}`] : [];
      });
    expect(targets('docs/data-path.md')).toEqual(targets('test/bench/gateway.md'));
    expect(targets('docs/data-path.md').length).toBeGreaterThan(5);
  });
});
