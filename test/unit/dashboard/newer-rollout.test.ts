import { describe, expect, it } from 'vitest';
import { newerInWords, newerThan } from '../../../src/dashboard/pages/rollout/newer-rollout.ts';

const canary = { version: 'v2', url: '' };
const first = {
  id: 'r1',
  route: 'shop',
  attempt: 1,
  active: false,
  paused: null,
  stage: 'rolled-back',
  startedAt: '2026-11-29T13:00:00.000Z',
  canary,
};
const second = { ...first, id: 'r2', attempt: 2, active: true, stage: 'step-1', startedAt: '2026-11-29T14:00:00.000Z' };

describe('a newer rollout', () => {
  it('is told on the page of one that ended, and on no other', () => {
    expect(newerThan(first, second)).toBe(second);
    expect(newerThan(first, first)).toBeNull();
    expect(newerThan({ ...second, active: false }, first)).toBeNull();
    expect(newerThan({ ...first, active: true }, second)).toBeNull();
    expect(newerThan(first, null)).toBeNull();
  });

  it('has its attempt, how it stands, and its version where that is another', () => {
    expect(newerInWords(second, first)).toBe('attempt 2, running');
    expect(newerInWords({ ...second, active: false, stage: 'rolled-back' }, first)).toBe('attempt 2, rolled back');
    expect(newerInWords({ ...second, attempt: 1, canary: { ...canary, version: 'v3' } }, first)).toBe(
      'v3, attempt 1, running',
    );
  });
});
