import { expect, it } from 'vitest';
import { checkPolicy } from '../../../src/policy/check.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { yamlExamples } from '../../support/yaml-examples.ts';

const examples = yamlExamples().filter(({ where }) => where.startsWith('docs/what-counts.md'));

it('docs/what-counts.md shows every kind of check on what answers carry', () => {
  const asked = new Set(examples.flatMap(({ value }) => Object.keys(Object(value['checks']))));
  expect([...asked].sort()).toEqual([
    'answers',
    'categories',
    'errors',
    'latency',
    'logs',
    'responseShape',
    'streams',
    'values',
  ]);
});

it.each(examples)('$where is what a policy may say', ({ value }) => {
  expect(Object.keys(value)).toEqual(['checks']);
  const policy = judgePolicy({ checks: Object(value['checks']) });
  expect(checkPolicy(policy)).toEqual([]);
});
