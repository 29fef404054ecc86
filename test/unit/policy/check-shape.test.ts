import { expect, it } from 'vitest';
import { readPolicy } from '../../../src/policy/read.ts';

/** The faults of a policy with these lines below `responseShape`, each with its line and column. */
function faultsOf(lines: readonly string[]): readonly string[] {
  const text = [
    'apiVersion: serin.dev/v1',
    'kind: GraduationPolicy',
    'metadata: { name: p }',
    'spec:',
    "  steps: [{ weight: '10%', dwell: 24h }]",
    '  checks:',
    '    responseShape:',
    ...lines.map((line) => `      ${line}`),
  ].join('\n');
  const reading = readPolicy(text, 'p.yaml');
  return reading.ok ? [] : reading.issues.map(({ place, message }) => `${place?.line}:${place?.column} ${message}`);
}

it('a policy says of the shape of answers what can be meant', () => {
  expect(
    faultsOf([
      'breaking: rollback',
      'ignore: [/items/*/etag, /debug/**, header x-trace]',
      'exceptConsumers: [acme]',
      'expect:',
      '  - { renamed: /amount -> /total }',
      '  - { removed: header x-old, endpoint: "GET /orders/{id}" }',
      '  - { retyped: /id -> string }',
      '  - { newValue: /status }',
    ]),
  ).toEqual([]);
});

it('what is no path, no rename, or said twice is refused with its place', () => {
  expect(faultsOf(['ignore: [items]'])).toEqual([
    expect.stringMatching(/^8:16 ignore\[0\] must be a JSON pointer such as \/meta\/trace/),
  ]);
  expect(faultsOf(['expect: [{ renamed: /amount }]'])).toEqual([
    expect.stringMatching(/^8:27 renamed must be two JSON pointers with an arrow between/),
  ]);
  expect(faultsOf(['expect: [{ renamed: /a -> /a }]'])).toEqual(['8:27 renamed must have two different names']);
  expect(faultsOf(['ignore: [/a, /a]'])).toEqual(['8:20 ignore has this twice']);
  expect(faultsOf(['exceptConsumers: [acme, acme]'])).toEqual(['8:31 exceptConsumers has this twice']);
});
