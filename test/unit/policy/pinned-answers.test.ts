import { expect, it } from 'vitest';
import { budgetOf } from '../../../src/judge/budget.ts';
import { pinnedPolicy } from '../../../src/policy/pinned.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const OF_ANSWERS = new Set(['when', 'sample', 'content', 'partial', 'unread', 'values', 'categories']);

it('a policy that was pinned before answers were read asks nothing of them, and shares its budget as it did', () => {
  const now = judgePolicy();
  const text = JSON.stringify(now, (key, value: unknown) => (OF_ANSWERS.has(key) ? undefined : value));
  const pinned = pinnedPolicy(JSON.parse(text) as Policy);
  expect(pinned.spec.checks.errors).toEqual(now.spec.checks.errors);
  expect(pinned.spec.checks.categories).toEqual({});
  for (const check of ['errors', 'unanswered', 'content', 'content:unfinished', 'p50']) {
    expect([check, budgetOf(pinned, check)]).toEqual([check, budgetOf(now, check)]);
  }
  expect([budgetOf(pinned, 'content'), budgetOf(pinned, 'content:unfinished')]).toEqual([0, 0]);
});
