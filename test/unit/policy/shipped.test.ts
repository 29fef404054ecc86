import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { latencyBuckets } from '../../../src/policy/check-margins.ts';
import { policyYaml } from '../../../src/policy/digest.ts';
import { policyJsonSchema, policyJsonSchemaText } from '../../../src/policy/json-schema.ts';
import { formatIssue } from '../../../src/policy/place.ts';
import { readPolicy } from '../../../src/policy/read.ts';
import { type Policy, policySchema } from '../../../src/policy/schema.ts';
import { Pattern } from '../../../src/split/pattern.ts';
import { bucketsWithin } from '../../../src/stats/latency/log-histogram.ts';

const FOLDER = new URL('../../../policies/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

function textOf(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

function shipped(name: string): Policy {
  const reading = readPolicy(textOf(`${name}.yaml`), `policies/${name}.yaml`);
  if (!reading.ok) throw new Error(reading.issues.map(formatIssue).join('\n'));
  return reading.policy;
}

const validate = new Ajv2020({ allErrors: true, strict: true }).compile(policyJsonSchema());

describe('the published JSON Schema', () => {
  it('is the one that the code gives (npm run reference)', () => {
    expect(textOf('policy.schema.json')).toBe(policyJsonSchemaText());
  });

  it.each(FILES)('accepts %s', (name) => {
    validate(parse(textOf(name)));
    expect(validate.errors ?? []).toEqual([]);
  });

  const step = { weight: '10%', dwell: '24h' };
  const withSpec = (spec: object) => ({
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name: 'p' },
    spec: { steps: [step], ...spec },
  });

  it('accepts what the reader accepts at the least', () => {
    expect(validate(withSpec({}))).toBe(true);
  });

  it.each([
    ['another version', { ...withSpec({}), apiVersion: 'serin.dev/v2' }],
    ['a misspelt key', withSpec({ stepz: [] })],
    ['no steps', withSpec({ steps: [] })],
    ['a number for a weight', withSpec({ steps: [{ ...step, weight: 10 }] })],
    ['a weight above 100 %', withSpec({ steps: [{ ...step, weight: '101%' }] })],
    ['a weight finer than 0.01 %', withSpec({ steps: [{ ...step, weight: '0.001%' }] })],
    ['a step with both', withSpec({ steps: [{ ...step, consumers: 'listed' }] })],
    ['a duration without a unit', withSpec({ bake: { dwell: '30' } })],
    ['a bad latency margin', withSpec({ checks: { latency: { p50: { rollback: '4pp', parity: '10%' } } } })],
    ['a budget of one', withSpec({ judge: { alpha: 1 } })],
  ])('refuses %s', (_, document) => {
    expect(validate(document)).toBe(false);
    expect(policySchema.safeParse(document).success).toBe(false);
  });
});

describe('the shipped policies', () => {
  it('are the seven that the pages name, each under its own name', () => {
    const named = FILES.map((name) => shipped(name.replace('.yaml', '')).metadata.name);
    expect(named.toSorted()).toEqual(['breaking-change', 'demo', 'demo-llm', 'fast', 'llm', 'quiet', 'standard']);
    expect(FILES.toSorted()).toEqual(named.map((name) => `${name}.yaml`).toSorted());
  });

  it.each(FILES)('%s tells an editor where its schema is', (name) => {
    expect(textOf(name).split('\n')[0]).toBe('# yaml-language-server: $schema=./policy.schema.json');
  });

  it.each(FILES)('%s reads as itself once it is written out with every default', (name) => {
    const read = readPolicy(textOf(name), name);
    if (!read.ok) throw new Error(read.issues.map(formatIssue).join('\n'));
    const again = readPolicy(policyYaml(read.policy), 'again.yaml');
    expect(again.ok ? again.digest : again.issues.map(formatIssue)).toBe(read.digest);
    expect(again).toMatchObject({ policy: read.policy });
  });

  it('standard: 1 % for a day, 10 % for two, 50 % for one, an hour of bake', () => {
    const { spec } = shipped('standard');
    expect(spec.steps).toEqual([
      { weight: 100, dwell: 86_400_000, gates: [] },
      { weight: 1_000, dwell: 172_800_000, gates: [] },
      { weight: 5_000, dwell: 86_400_000, gates: [] },
    ]);
    expect(spec.bake.dwell).toBe(3_600_000);
    expect(spec.consumers.default).toBe('by-weight');
  });

  it.each(['standard', 'fast'])('%s: what breaks clients and new errors hold, on whatever route it stands', (name) => {
    const { responseShape, logs } = shipped(name).spec.checks;
    expect(responseShape).toMatchObject({ breaking: 'hold', compatible: 'report', dryRun: false });
    expect(logs).toMatchObject({ newErrors: 'hold', unsent: 'report', dryRun: false });
    // Nothing of logs is waited for: many routes have none.
    expect([logs?.errors.action, logs?.fields, logs?.calls.new, logs?.calls.lost]).toEqual(Array(4).fill('report'));
  });

  it('breaking-change: what is meant is declared, and everything else stays compared', () => {
    const { responseShape } = shipped('breaking-change').spec.checks;
    expect(responseShape).toMatchObject({ breaking: 'hold', expect: [{ renamed: '/amount -> /total' }] });
  });

  it('breaking-change: nobody moves who is not listed, and a person ends it', () => {
    const { spec } = shipped('breaking-change');
    expect(spec.consumers.default).toBe('stable');
    expect(spec.steps).toMatchObject([{ consumers: 'listed' }]);
    expect(spec.internal.gates).not.toEqual([]);
    expect(spec.finalise).toBe('manual');
  });

  it('quiet: large shares and wide margins, and the median alone of the latencies', () => {
    const { spec } = shipped('quiet');
    expect(spec.steps).toMatchObject([
      { weight: 2_500, dwell: 4 * 3_600_000 },
      { weight: 5_000, dwell: 8 * 3_600_000 },
    ]);
    const { errors, latency } = spec.checks;
    expect([errors.rollback, errors.parity]).toEqual([
      { relative: 0.5, absolute: 0.01 },
      { relative: 1, absolute: 0.025 },
    ]);
    expect([latency.p50.rollback.relative, latency.p50.parity.relative]).toEqual([0.2, 0.6]);
    expect([latency.p50.dryRun, latency.p95.dryRun, latency.p99.dryRun]).toEqual([false, true, true]);
  });

  it('demo: a whole rollout within a minute, with the rollback margins of production', () => {
    const { spec } = shipped('demo');
    const standard = shipped('standard').spec;
    const dwells = [...spec.steps, spec.bake].reduce((sum, { dwell }) => sum + dwell, 0);
    expect(dwells).toBeLessThan(60_000);
    expect(spec.judge).toMatchObject({ block: 1_000, minStep: 3_000, warmUp: 0, alpha: standard.judge.alpha });
    expect(spec.checks.errors.rollback).toEqual(standard.checks.errors.rollback);
    for (const quantile of ['p50', 'p95', 'p99'] as const) {
      expect(spec.checks.latency[quantile].rollback).toEqual(standard.checks.latency[quantile].rollback);
    }
  });

  it('llm: what streams of chat completions carry, of every answer, and no latency to their heads', () => {
    const { checks, judge } = shipped('llm').spec;
    expect(checks.streams).toMatchObject({ end: '[DONE]', firstEvent: {}, gap: {}, rate: {} });
    expect(Object.entries(checks.values).map(([name, { from, worse }]) => [name, from, worse])).toEqual([
      ['tokens', { lastEvent: '/usage/completion_tokens' }, 'higher'],
      ['total-tokens', { lastEvent: '/usage/total_tokens' }, 'higher'],
    ]);
    expect(checks.categories).toMatchObject({
      'finish-reason': { from: { lastEvent: '/choices/0/finish_reason' }, worse: ['length', 'content_filter'] },
    });
    expect(checks.errors.sample).toBe(1);
    expect(checks.errors.when).toHaveLength(4);
    const { p50, p95, p99, dominance } = checks.latency;
    expect([p50, p95, p99, dominance].map((check) => check?.dryRun)).toEqual([true, true, true, true]);
    // As its comment says: six shares, and 70 % for the others.
    const { firstEvent, gap, rate } = checks.streams ?? {};
    const shares = [firstEvent, gap, rate, ...Object.values(checks.values), ...Object.values(checks.categories)];
    expect(shares.reduce((sum, share) => sum + (share?.weight ?? 0), 0)).toBeCloseTo(0.3);
    expect(judge.alpha).toBe(0.001);
  });

  it('llm: takes the refusals for errors that its pattern means, and no other answer', () => {
    const { when } = shipped('llm').spec.checks.errors;
    const patterns = when.flatMap((rule) =>
      'is' in rule && typeof rule.is === 'object' && 'matches' in rule.is ? [rule.is.matches] : [],
    );
    expect(patterns).toHaveLength(1);
    const pattern = new Pattern(patterns[0] ?? '');
    const isRefusal = (text: string) => pattern.isIn(text);
    for (const text of [
      "I'm sorry, but I can't help with that.",
      'I’m sorry',
      'I am sorry',
      'I cannot assist you',
      "i can't help",
    ]) {
      expect([text, isRefusal(text)]).toEqual([text, true]);
    }
    for (const text of ['Sorry is a word.', "She said: I'm sorry", 'I can help with that']) {
      expect([text, isRefusal(text)]).toEqual([text, false]);
    }
  });

  it('demo-llm: as llm, by its margins, within a minute', () => {
    const [quick, llm] = [shipped('demo-llm').spec, shipped('llm').spec];
    const rollbacks = ({ checks: { streams, values, categories, errors } }: typeof llm) => [
      streams?.firstEvent.quantiles['p50']?.rollback,
      streams?.gap.quantiles['p50']?.rollback,
      streams?.rate.quantiles['p50']?.rollback,
      values['tokens']?.quantiles['p50']?.rollback,
      categories['finish-reason']?.rollback,
      errors.content.rollback,
    ];
    expect(rollbacks(quick)).toEqual(rollbacks(llm));
    expect(quick.judge).toMatchObject({ block: 1_000, warmUp: 0, alpha: llm.judge.alpha });
    expect([...quick.steps, quick.bake].reduce((sum, { dwell }) => sum + dwell, 0)).toBeLessThan(60_000);
  });
});

describe('latency margins in buckets', () => {
  const bucketsOf = ({ latency }: Policy['spec']['checks']) =>
    [latency.p50, latency.p95, latency.p99].map(({ rollback, parity }) => [
      latencyBuckets(rollback.relative),
      latencyBuckets(parity.relative),
    ]);

  it('are 2, 3, 5 to roll back and 5, 8, 12 for parity by default', () => {
    const { spec } = policySchema.parse({
      apiVersion: 'serin.dev/v1',
      kind: 'GraduationPolicy',
      metadata: { name: 'p' },
      spec: { steps: [{ weight: '10%', dwell: '24h' }] },
    });
    expect(bucketsOf(spec.checks)).toEqual([
      [2, 5],
      [3, 8],
      [5, 12],
    ]);
    expect(bucketsOf(shipped('standard').spec.checks)).toEqual(bucketsOf(spec.checks));
  });

  it('are why the default is 4.1% and not 4%', () => {
    expect(latencyBuckets(0.04)).toBe(1);
    expect(latencyBuckets(0.041)).toBe(2);
  });

  it('keep a margin that is exactly a power of 1.02', () => {
    for (let buckets = 0; buckets <= 60; buckets++) expect(latencyBuckets(1.02 ** buckets - 1)).toBe(buckets);
  });

  it('are the same here as where they are judged', () => {
    for (let permille = 0; permille <= 3_000; permille++) {
      expect(latencyBuckets(permille / 1_000)).toBe(bucketsWithin(1 + permille / 1_000));
    }
  });
});
