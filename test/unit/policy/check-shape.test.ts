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
      '  - { nullable: /note, consumers: [globex] }',
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
  expect(faultsOf(['expect: [{ removed: /a, consumers: [] }]'])).toEqual([expect.stringMatching(/^8:42 /)]);
  expect(faultsOf(['expect: [{ removed: /a, consumers: [x, x] }]'])).toEqual(['8:46 consumers has this twice']);
});

it('consumers of whom something is expected are compared, and in few groups', () => {
  expect(faultsOf(['exceptConsumers: [acme]', 'expect: [{ removed: /a, consumers: [acme] }]'])).toEqual([
    '9:43 acme is in exceptConsumers, so nothing of it is compared',
  ]);
  const each = (count: number) =>
    Array.from({ length: count }, (_, at) => `  - { removed: /a${at}, consumers: [c${at}] }`);
  expect(faultsOf(['expect:', ...each(4)])).toEqual([]);
  expect(faultsOf(['expect:', ...each(5)])).toEqual([
    '8:7 expect tells 5 groups of consumers apart, at most 4 are compared by themselves: consumers of whom the same is expected are one group',
  ]);
});
