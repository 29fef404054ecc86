import { describe, expect, it } from 'vitest';
import { routeMetrics, routeMetricsSchema } from '../../../src/config/route-metrics.ts';
import { selectorOf, vectorSelector } from '../../../src/metrics/prometheus/selector.ts';
import { readDocument } from '../../../src/policy/document.ts';
import { formatIssue } from '../../../src/policy/place.ts';

const read = (text: string) => readDocument(text, 'serin.yaml', routeMetricsSchema);

function selectorsOf(text: string): readonly string[] {
  const reading = read(text);
  if (!reading.ok) return reading.issues.map(formatIssue);
  const metrics = routeMetrics(reading.value);
  return [
    vectorSelector('m', selectorOf(metrics, 'stable', 'v1')),
    vectorSelector('m', selectorOf(metrics, 'canary', 'v2.0')),
  ];
}

describe('labels in metrics of a route', () => {
  it('are values, or take the other operators of PromQL', () => {
    expect(selectorsOf("{ preset: otel, match: { a: 'x\"y' }, version: { label: version } }")).toEqual([
      String.raw`m{a="x\"y",version="v1"}`,
      String.raw`m{a="x\"y",version="v2.0"}`,
    ]);
    expect(
      selectorsOf(
        `{ preset: otel, match: { zone: { '!=': '' }, job: { '=': 'pay' } }, version: { label: pod, value: { '=~': 'p-{{version}}-.+' } } }`,
      ),
    ).toEqual(['m{zone!="",job="pay",pod=~"p-(?:v1)-.+"}', String.raw`m{zone!="",job="pay",pod=~"p-(?:v2\\.0)-.+"}`]);
    expect(
      selectorsOf(
        `{ preset: istio, match: { reporter: { '=~': 'source|waypoint' } }, stable: { pod: { '!~': '.*-c', '=~': '.+' } }, canary: { pod: { '=~': '.*-c' } } }`,
      ),
    ).toEqual(['m{reporter=~"source|waypoint",pod=~".+",pod!~".*-c"}', 'm{reporter=~"source|waypoint",pod=~".*-c"}']);
  });

  it.each([
    ["{ '=~': '(?=a)' }", /^serin\.yaml:4:18 =~ is no pattern that Prometheus takes, at character 1: look-around/],
    ["{ '!~': 'a**' }", /^serin\.yaml:4:18 !~ is no pattern .* character 3: \* repeats a repetition/],
    ["{ '=~': '[{{version}}]' }", /^serin\.yaml:4:18 .*\{\{version\}\} cannot be part of a class/],
    ["{ '=~': '' }", /^serin\.yaml:4:12 =~ must have/],
    ["{ '~=': 'a' }", /^serin\.yaml:4:12 unknown key .?~=/],
    ["{ '=': '' }", /^serin\.yaml:4:12 = must have/],
    ['{}', /^serin\.yaml:4:10 pod must have at least one of/],
    ['7', /^serin\.yaml:4:10 pod must be /],
  ])('%s is refused with its place', (match, says) => {
    expect(selectorsOf(`preset: otel\nversion: { label: v }\nmatch:\n    pod: ${match}\n`)).toEqual([
      expect.stringMatching(says),
    ]);
  });

  it('tells versions apart by what they are, and never by what they are not', () => {
    const [fault] = selectorsOf(`{ preset: otel, version: { label: pod, value: { '!=': '{{version}}' } } }`);
    expect(fault).toMatch(/^serin\.yaml:1:40 =~ is missing/);
  });
});
