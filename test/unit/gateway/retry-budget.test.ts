import { describe, expect, it } from 'vitest';
import { RetryBudget } from '../../../src/gateway/upstream/retry-budget.ts';

describe('RetryBudget', () => {
  it('grants a tenth of the requests of a window of 10 s', () => {
    const budget = new RetryBudget();
    for (let request = 0; request < 1_000; request++) budget.earn(request);
    const granted = Array.from({ length: 1_000 }, () => budget.spend(1_000)).filter(Boolean);
    expect(granted).toHaveLength(100);
  });

  it('grants ten where there are few requests', () => {
    const budget = new RetryBudget();
    budget.earn(0);
    expect(Array.from({ length: 20 }, () => budget.spend(1)).filter(Boolean)).toHaveLength(10);
  });

  it('begins anew after the window', () => {
    const budget = new RetryBudget();
    budget.earn(0);
    while (budget.spend(1));
    expect(budget.spend(9_999)).toBe(false);
    expect(budget.spend(10_000)).toBe(true);
  });
});
