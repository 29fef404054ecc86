import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/config.ts';
import { routeIssue } from '../../../src/config/load.ts';
import { policyControl } from '../../../src/controller/policy-check.ts';
import type { CheckRequest, SourceAnswer } from '../../../src/metrics/source.ts';
import { readDocument } from '../../../src/policy/document.ts';
import { readPolicy } from '../../../src/policy/read.ts';
import { Problem } from '../../../src/problem/problem.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: mine }
spec:
  steps: [{ weight: 10%, dwell: 1m }]
  checks:
    queries:
      cpu: { query: 'cpu{version="{{version}}"}', worse: higher }
      queue:
        source: jobs
        query: /stats/{{version}}#/queue
        worse: higher
`;

const { signal } = new AbortController();

type Ports = Parameters<typeof policyControl>[0];

interface World {
  readonly routes?: readonly {
    readonly name: string;
    readonly policy: string;
    readonly isProbed?: boolean;
    readonly isMirrored?: boolean;
    readonly evidence?: 'elsewhere';
  }[];
  readonly running?: readonly [stable: string, canary: string];
  readonly answers?: readonly Partial<SourceAnswer>[];
}

function controlOf({ routes = [{ name: 'shop', policy: 'mine' }], running, answers = [] }: World) {
  const asked: CheckRequest[] = [];
  const versions = running && { stable: { version: running[0] }, canary: { version: running[1] } };
  const ports = {
    routes: routes.map((route) => ({
      ...route,
      stable: { url: 'http://a/', version: 'v1' },
      health: { path: '/', status: [] },
    })),
    store: {
      rollouts: { list: async () => (versions ? [{ rollout: versions }] : []) },
      stables: { list: async () => [] },
    },
    source: {
      name: 'source',
      check: async (request: CheckRequest) => {
        asked.push(request);
        return answers;
      },
    },
  } as unknown as Ports;
  const control = policyControl(ports, (_, message) => ({ path: '', message }));
  return { asked, check: (more: object = {}) => control.check({ text: POLICY, file: 'mine.yaml', ...more }, signal) };
}

const answerOf = (more: Partial<SourceAnswer>): SourceAnswer => ({
  check: 'cpu',
  what: 'cpu',
  source: 'prometheus',
  track: 'stable',
  version: 'v1',
  outcome: 'value',
  value: 1,
  says: '1',
  ...more,
});

describe('the policy that is declared now', () => {
  const declaredBy = (policy: Ports['policy']) =>
    policyControl({ policy } as unknown as Ports, (_, message) => ({ path: '', message })).declared('mine');

  it('is one of three: valid, gone, or not to be told while a file is not valid', () => {
    const read = readPolicy(POLICY, 'mine.yaml');
    if (!read.ok) expect.fail('the policy is valid');
    expect(declaredBy(() => read)).toEqual({ kind: 'valid', loaded: read });
    expect(declaredBy(() => null)).toEqual({ kind: 'gone' });
    const issues = [{ path: 'spec', message: 'it is missing' }];
    const refusing = (problem: Problem) => () => {
      throw problem;
    };
    expect(declaredBy(refusing(new Problem('invalid-input', 'a policy is not valid', { issues })))).toEqual({
      kind: 'invalid',
      issues,
    });
    expect(declaredBy(refusing(new Problem('invalid-input', 'mine.yaml does not exist')))).toEqual({
      kind: 'invalid',
      issues: [{ path: '', message: 'mine.yaml does not exist' }],
    });
    expect(() => declaredBy(refusing(new Problem('internal', 'a bug')))).toThrow('a bug');
  });
});

describe('the check of a policy', () => {
  it.each<[string, World, object, CheckRequest['versions']]>([
    ['the stable alone', {}, {}, { stable: 'v1', canary: null }],
    ['the versions of the rollout that runs', { running: ['v7', 'v8'] }, {}, { stable: 'v7', canary: 'v8' }],
    ['those that are named', { running: ['v7', 'v8'] }, { stable: 'a', canary: 'b' }, { stable: 'a', canary: 'b' }],
  ])('asks for %s', async (_, world, more, versions) => {
    const { asked, check } = controlOf(world);
    await check(more);
    expect(asked).toMatchObject([{ route: 'shop', versions, queries: { cpu: {}, queue: { source: 'jobs' } } }]);
  });

  it('gives each fault its place, once for all versions that it concerns', async () => {
    const refused = answerOf({ outcome: 'refused', says: 'parse error' });
    const { check } = controlOf({
      answers: [
        refused,
        { ...refused, track: 'canary', version: 'v2' },
        answerOf({ check: 'queue', what: 'queue', outcome: 'nothing', says: 'it selects nothing' }),
        answerOf({ check: 'queue', what: 'queue', outcome: 'undeclared', says: 'there is no source jobs' }),
        answerOf({ check: null, what: 'requests', outcome: 'nothing', says: 'no series' }),
      ],
    });
    const { issues } = await check();
    expect(issues.map(({ message, place }) => [message, place?.line, place?.column])).toEqual([
      ['requests of the stable v1: no series', undefined, undefined],
      ['cpu: parse error', 8, 21],
      ['queue: there is no source jobs', 10, 17],
      ['queue of the stable v1: it selects nothing', 11, 16],
    ]);
    expect(issues[1]?.excerpt).toMatch(/^ {6}cpu: .*\n {20}\^$/);
  });

  it('has the place of what a route measures in the file of the route', () => {
    const text = [
      'sources: { mesh: { kind: prometheus, url: "http://mesh" } }',
      'routes:',
      '  - { name: cart, stable: "http://a", policy: mine }',
      '  - name: shop',
      '    stable: "http://b"',
      '    policy: mine',
      '    source: mesh',
      '    metrics: { preset: otel, version: { label: version } }',
    ].join('\n');
    const read = readDocument(text, 'serin.yaml', configSchema);
    if (!read.ok) expect.fail(JSON.stringify(read.issues));
    expect(routeIssue({ config: read.value, document: read.document })('shop', 'no series')).toMatchObject({
      message: 'no series',
      place: { file: 'serin.yaml', line: 8, column: 14 },
    });
    expect(routeIssue({ config: read.value, document: null })('shop', 'no series')).toEqual({
      path: '',
      message: 'route shop: no series',
    });
  });

  it('refuses probes that the route does not say how to send, as a start does', async () => {
    const text = `${POLICY}    probes: { every: 1m }\n`;
    const { issues } = await controlOf({ answers: [answerOf({ outcome: 'refused', says: 'parse error' })] }).check({
      text,
    });
    expect(issues.map(({ message, place }) => [message, place?.line])).toEqual([
      ['cpu: parse error', 8],
      [expect.stringContaining('because the route shop has no probes.requests in serin.yaml'), 13],
    ]);
    const probed = { name: 'shop', policy: 'mine', isProbed: true };
    expect((await controlOf({ routes: [probed] }).check({ text })).issues).toEqual([]);
  });

  it('refuses answers to be compared on a route that mirrors none, as a start does', async () => {
    const text = `${POLICY}    answers: { differences: rollback }\n`;
    const { issues } = await controlOf({}).check({ text });
    expect(issues.map(({ message, place }) => [message, place?.line])).toEqual([
      [
        'checks.answers would stay without a single request, because the route shop has no mirror in serin.yaml that compares: ' +
          'give it one, such as mirror: 5%, or take checks.answers out of the policy',
        13,
      ],
    ]);
    const mirrored = { name: 'shop', policy: 'mine', isMirrored: true };
    expect((await controlOf({ routes: [mirrored] }).check({ text })).issues).toEqual([]);
    const measured = { name: 'shop', policy: 'mine', evidence: 'elsewhere' } as const;
    expect((await controlOf({ routes: [measured] }).check({ text })).issues).toHaveLength(1);
  });

  it('refuses what only the gateway can read of answers on a route that a source measures, as a start does', async () => {
    const text = `${POLICY}    categories: { cache: { from: { header: x-cache } } }\n    errors: { when: [{ graphql: total }] }\n`;
    const measured = { name: 'shop', policy: 'mine', evidence: 'elsewhere' } as const;
    const { issues } = await controlOf({ routes: [measured] }).check({ text });
    expect(issues.map(({ message, place }) => [message, place?.line])).toEqual([
      [
        'checks.errors.when, checks.categories would stay without a single answer, because the source of the route shop measures it, ' +
          'and only the gateway reads answers: take it out of the policy, or source out of the route',
        14,
      ],
    ]);
    expect((await controlOf({}).check({ text })).issues).toEqual([]);
    expect((await controlOf({ routes: [measured] }).check({ text: POLICY })).issues).toEqual([]);
  });

  it('takes the shape of answers on a route that a source measures, and says that nothing is compared there', async () => {
    const text = `${POLICY}    responseShape: {}\n`;
    const measured = { name: 'shop', policy: 'mine', evidence: 'elsewhere' } as const;
    expect(await controlOf({ routes: [measured] }).check({ text })).toMatchObject({
      issues: [],
      notes: [expect.stringMatching(/^checks\.responseShape compares nothing here, because the source of the route/)],
    });
    expect((await controlOf({}).check({ text })).notes).toEqual([]);
  });

  it('names each source once that cannot be reached, which is no fault of the policy', async () => {
    const down = answerOf({ outcome: 'unreachable', says: 'it answered 503' });
    const { check } = controlOf({ answers: [down, { ...down, track: 'canary' }, answerOf({ outcome: 'unusable' })] });
    expect(await check()).toMatchObject({
      issues: [],
      unreachable: ['the source prometheus cannot be reached: it answered 503'],
    });
  });

  it('asks nobody about a text that is no policy', async () => {
    const { asked, check } = controlOf({});
    const { issues } = await check({ text: 'steps: 7' });
    expect([issues.length > 0, asked]).toEqual([true, []]);
  });

  const two = [
    { name: 'shop', policy: 'mine' },
    { name: 'cart', policy: 'other' },
  ];

  it.each<[string, World, object, string]>([
    ['the only one that takes the policy', { routes: two }, {}, 'shop'],
    ['the one that is named', { routes: two }, { route: 'cart' }, 'cart'],
    ['the only one that there is', { routes: [{ name: 'cart', policy: 'other' }] }, {}, 'cart'],
  ])('is for %s', async (_, world, more, route) => {
    expect((await controlOf(world).check(more)).route).toBe(route);
  });

  it.each<[World, object, RegExp]>([
    [
      { routes: two.map((route) => ({ ...route, policy: 'mine' })) },
      {},
      /say which route is meant: there are shop, cart/,
    ],
    [{ routes: two.map((route) => ({ ...route, policy: 'other' })) }, {}, /say which route is meant/],
    [{}, { route: 'nowhere' }, /there is no route nowhere/],
  ])('is refused where nobody can tell which route is meant', async (world, more, says) => {
    await expect(controlOf(world).check(more)).rejects.toThrow(says);
  });
});
