import { describe, expect, it } from 'vitest';
import { keyLimits } from '../../../src/parity/keys/key-terms.ts';
import { edgeOf, limitsAbove, limitsBelow, NO_LIMITS } from '../../../src/parity/limits/limits.ts';
import { bucketLimit } from '../../../src/parity/values/value-margins.ts';
import { presenceLimit } from '../../../src/stats/presence/presence-bet.ts';
import { farMoreLimit } from '../../../src/stats/rates/far-more.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const harm = edgeOf({ relative: 0.1, absolute: 0.001 });
const parity = [
  { rho: 1.25, a: 0 },
  { rho: 1, a: 0.001 },
];

describe('the limits of a share', () => {
  it('are a line for harm and the larger of two for parity, and none without a figure', () => {
    expect(limitsAbove(0.01, harm, parity).rollback).toBeCloseTo(0.012, 12);
    expect(limitsAbove(0.01, harm, parity).parity).toBeCloseTo(0.0125, 12);
    expect(limitsAbove(0, harm, parity)).toEqual({ rollback: 0.001, parity: 0.001 });
    expect(limitsAbove(0.5, null, [])).toEqual(NO_LIMITS);
    expect(limitsAbove(null, harm, parity)).toEqual(NO_LIMITS);
  });

  it('lie below the stable where less is worse, and never beyond all or nothing', () => {
    expect(limitsBelow(0.5, { rho: 2, a: 0.1 }, parity)).toEqual({ rollback: 0.2, parity: 0.4 });
    expect(limitsBelow(0.05, { rho: 2, a: 0.1 }, []).rollback).toBe(0);
    expect(limitsAbove(0.99, harm, []).rollback).toBe(1);
  });

  it('is half of the other answers where the stable gives most of a kind', () => {
    expect(farMoreLimit(0.9, 0.9, { rho: 2, a: 0.1 })).toBeCloseTo(0.95, 12);
    expect(farMoreLimit(0.01, 0.01, { rho: 2, a: 0.1 })).toBeCloseTo(0.12, 12);
  });

  it('of what is there in most answers is below it, of what is not is above', () => {
    expect(presenceLimit(1, 'missing')).toBeCloseTo(0.998, 12);
    expect(presenceLimit(0, 'extra')).toBeCloseTo(0.002, 12);
    expect(presenceLimit(0.9, 'extra')).toBeCloseTo(1 - 0.8 * 0.1, 12);
  });

  it('by key are those of the policy, with no rollback of 4xx where it is off', () => {
    const policy = judgePolicy({ checks: { clientErrors: { rollback: 'off' } } });
    const { errors, clientErrors } = policy.spec.checks;
    const found = keyLimits(policy, 'errors', 'judged', 0.01);
    expect(found.rollback).toBeCloseTo(0.01 * (1 + errors.rollback.relative) + errors.rollback.absolute, 12);
    const widest = Math.max(0.01 * (1 + clientErrors.parity.relative), 0.01 + clientErrors.parity.absolute);
    const of4xx = keyLimits(policy, 'clientErrors', 'judged', 0.01);
    expect(of4xx.rollback).toBeNull();
    expect(of4xx.parity).toBeCloseTo(widest, 12);
    expect(keyLimits(policy, 'errors', 'warm-up', 0.01).rollback).toBeCloseTo(0.12, 12);
  });
});

describe('the limit of a value', () => {
  it('is so many buckets away, and none beyond the least', () => {
    expect(bucketLimit(768, 'higher', 35)).toBeCloseTo(8, 0);
    expect(bucketLimit(768, 'lower', 35)).toBeCloseTo(2, 0);
    expect(bucketLimit(768, 'lower', 800)).toBeNull();
  });
});
