import { describe, expect, it } from 'vitest';
import { formatIssue } from '../../../src/policy/place.ts';
import { readPolicy } from '../../../src/policy/read.ts';

const HEAD = 'apiVersion: serin.dev/v1\nkind: GraduationPolicy\nmetadata:\n  name: payments\nspec:\n';

function issues(spec: string): string[] {
  const reading = readPolicy(HEAD + spec, 'policies/payments.yaml');
  return reading.ok ? [] : reading.issues.map(formatIssue);
}

function heads(spec: string): string[] {
  return issues(spec).map((issue) => issue.split('\n')[0]?.replace('policies/payments.yaml:', '') ?? '');
}

describe('a policy that is read', () => {
  it('has units resolved and defaults filled in', () => {
    const reading = readPolicy(`${HEAD}  steps:\n    - { weight: 1.5%, dwell: 24h }\n`, 'p.yaml');
    expect(reading).toMatchObject({
      ok: true,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      policy: {
        metadata: { name: 'payments' },
        spec: {
          internal: { requests: 20, maxErrors: 0, dwell: 0, gates: [] },
          consumers: { default: 'by-weight' },
          steps: [{ weight: 150, dwell: 86_400_000, gates: [] }],
          bake: { dwell: 3_600_000 },
          checks: { errors: { statuses: ['5xx'], rollback: { relative: 0.1, absolute: 0.0001 } } },
          judge: { alpha: 0.001, block: 5_000, minStep: 60_000, warmUp: 240_000 },
          undecided: { after: { dwells: 3 } },
          blind: { after: 600_000, action: 'hold' },
          rollback: { drain: 30_000 },
        },
      },
    });
  });

  it('says what is wrong with a pattern, and where', () => {
    const rule = (pattern: string) =>
      heads(
        `  steps:\n    - { weight: 1%, dwell: 24h }\n  checks:\n    errors:\n      when:\n        - { json: /said, is: { matches: '${pattern}' } }\n`,
      );
    expect(rule("(?i)^(i''m|i am) sorry")).toEqual([]);
    expect(rule('(?=sorry)')).toEqual([
      '11:41 matches is no pattern that Serin can ask: it has (? other than (?: and a first (?i)',
    ]);
    expect(rule('(a')).toEqual([expect.stringContaining('has a ( without its )')]);
  });

  it('keeps its document, so that what is found later has a place too', () => {
    const reading = readPolicy(`${HEAD}  steps:\n    - weight: 1%\n      dwell: 24h\n`, 'p.yaml');
    const issue =
      reading.ok && reading.document.issue({ path: ['spec', 'steps', 0, 'dwell'], message: 'm', at: 'value' });
    expect(issue).toMatchObject({ path: 'spec.steps[0].dwell', place: { line: 8, column: 14 } });
  });
});

describe('what is said of a policy that is not valid', () => {
  it('has the place, the line and a caret', () => {
    expect(issues('  steps:\n    - weight: 50%\n      dwell: 24h\n    - weight: 10%\n      dwell: 24h\n')).toEqual([
      'policies/payments.yaml:9:7 weight must rise: 10% after 50%\n    - weight: 10%\n      ^',
    ]);
  });

  it('names the key that was meant, and not as missing as well', () => {
    expect(issues('  steps:\n    - wieght: 10%\n      dwell: 24h\n')).toEqual([
      'policies/payments.yaml:7:7 unknown key wieght, did you mean weight?\n    - wieght: 10%\n      ^',
    ]);
  });

  it('points at the parent key for a missing one', () => {
    expect(issues('  steps:\n    - weight: 10%\n')).toEqual([
      'policies/payments.yaml:7:7 dwell is missing\n    - weight: 10%\n      ^',
    ]);
    expect(issues('  finalise: manual\n')).toEqual(['policies/payments.yaml:5:1 steps is missing\nspec:\n^']);
  });

  it.each([
    ['{ weight: 10, dwell: 1h }', '7:17 weight must be a share such as 1% or 0.1%'],
    ['{ weight: 101%, dwell: 1h }', '7:17 a weight is at most 100%'],
    ['{ weight: 10%, dwell: soon }', '7:29 dwell must be a duration such as 30s, 10m, 24h or 7d'],
    ['{ consumers: all, dwell: 1h }', '7:20 consumers must be listed'],
    ['{ weight: 10%, dwell: 1h, gates: [A B] }', '7:41 gates[0] must be a lower-case name such as integration-tests'],
    ['{ weight: 10%, dwell: 1h, gates: [{ name: a, approval: { by: 6 } }] }', '7:68 by must be at most 5'],
    ['{ weight: 10%, dwell: 1h, gates: [{ name: a, approval: { from: 2 } }] }', '7:64 unknown key from'],
    [
      '{ weight: 10%, consumers: listed, dwell: 1h }',
      '7:7 steps[0] must have either weight (such as 10%) or consumers (listed), and a dwell',
    ],
    ['{ dwell: 1h }', '7:7 steps[0] must have either weight (such as 10%) or consumers (listed), and a dwell'],
    ['10%', '7:7 steps[0] must have either weight (such as 10%) or consumers (listed), and a dwell'],
  ])('step %s: %s', (step, says) => {
    expect(heads(`  steps:\n    - ${step}\n`)).toEqual([says]);
  });

  it.each([
    ['rollback', '6:22 verbs[0] must not be rollback: one person has to be able to stop harm'],
    ['abort', '6:22 verbs[0] must not be abort: one person has to be able to stop harm'],
    ['pause', '6:22 verbs[0] must not be pause: one person has to be able to stop harm'],
    [
      'retry',
      '6:22 verbs[0] must be one of promote --full, promote, advance, weight, skip, extend, resume, rebase, finalise',
    ],
  ])('two people for %s: %s', (verb, says) => {
    expect(heads(`  protect: { verbs: [${verb}] }\n  steps:\n    - { weight: 10%, dwell: 1h }\n`)).toEqual([says]);
  });

  it.each([
    [
      'latency: { p50: { rollback: 4, parity: 10% } }',
      '9:33 rollback must be a margin such as 10%, 5ms or { relative: 10%, absolute: 5ms }',
    ],
    [
      'latency: { p50: { rollback: 4pp, parity: 10% } }',
      '9:33 rollback must be a relative margin such as 10% or an absolute one such as 5ms',
    ],
    ['latency: { p50: { rollback: { relative: 4% }, parity: 10% } }', '9:23 absolute is missing'],
    ['errors: { statuses: [6xx] }', '9:26 statuses[0] must be a status from 400 to 599, 4xx or 5xx'],
    ['errors: { statuses: [200] }', '9:26 statuses[0] must be at least 400'],
    ['errors: { webSocketEarlyClose: 0s }', '9:36 webSocketEarlyClose must be above 0s and at most 1m'],
    ['errors: { webSocketEarlyClose: 2m }', '9:36 webSocketEarlyClose must be above 0s and at most 1m'],
    ['errors: { rollback: 10% }', '9:25 rollback must be a mapping of keys to values'],
  ])('checks with %s: %s', (check, says) => {
    expect(heads(`  steps:\n    - { weight: 1%, dwell: 24h }\n  checks:\n    ${check}\n`)).toEqual([says]);
  });

  it('reports single fields and the rules across valid ones together, in the order of the text', () => {
    const spec = [
      '  finalise: automatik',
      '  steps:',
      '    - weight: 50%',
      '      dwell: soon',
      '    - weight: 101%',
      '      dwell: 24h',
      '    - weight: 10%',
      '      dwell: 24h',
      '  judge:',
      '    alpha: 2',
      '    weights: { errors: 0.9, p50: 0.1, p95: 0.1, p99: 0.1, guards: 0.1 }',
    ];
    expect(heads(`${spec.join('\n')}\n`)).toEqual([
      '6:13 finalise must be automatic or manual, did you mean automatic?',
      '9:14 dwell must be a duration such as 30s, 10m, 24h or 7d',
      '10:15 a weight is at most 100%',
      '12:7 weight must rise: 10% after 50%',
      '15:12 alpha must be less than 1',
      '16:5 weights must sum to at most 1: they sum to 1.3',
    ]);
  });

  it.each([
    ['', '1:1 the document is empty: it must be a mapping of keys to values'],
    ['# nothing but a comment\n', '1:1 the document is empty: it must be a mapping of keys to values'],
    ['- a', '1:1 the document must be a mapping of keys to values'],
  ])('of %j: %s', (text, says) => {
    const reading = readPolicy(text, 'p.yaml');
    expect(reading.ok ? [] : reading.issues.map((issue) => formatIssue(issue).split('\n')[0])).toEqual([
      `p.yaml:${says}`,
    ]);
  });
});

describe('what is no policy at all', () => {
  it('is said in one sentence of the file of a server', () => {
    const text =
      'routes:\n  - { name: shop, path: /, stable: "http://a", policy: standard }\ncontrol: { listen: "127.0.0.1:1" }\n';
    const reading = readPolicy(text, 'serin.yaml');
    expect(reading.ok ? [] : reading.issues.map(formatIssue)).toEqual([
      expect.stringMatching(
        /^serin\.yaml:1:1 serin\.yaml is no policy: .* serin doctor --config serin\.yaml checks that\n/,
      ),
    ]);
  });
});

describe('the name of a quantile', () => {
  it.each(['p95', 'p100'])('%s is refused with what is allowed, at its place', (name) => {
    expect(
      heads(`  steps: [{ weight: 10%, dwell: 1m }]\n  checks:\n    latency: { quantiles: { ${name}: {} } }\n`),
    ).toEqual([
      `8:29 ${name} must be a quantile from p1 to p99.99, such as p90 or p99.9; p50, p95 and p99 have places of their own, beside quantiles`,
    ]);
  });
});

describe('an issue without a place', () => {
  it('is printed by its path', () => {
    expect(formatIssue({ path: 'spec.steps', message: 'is missing' })).toBe('spec.steps: is missing');
    expect(formatIssue({ path: '', message: 'no policy' })).toBe('no policy');
  });
});
