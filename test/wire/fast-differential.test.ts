import { describe, expect, it } from 'vitest';
import { runDifferential } from '../support/differential-run.ts';

describe('the fast path', () => {
  it('reads every request as the reference path does, or hands it over', { timeout: 240_000 }, async () => {
    const { compared, handedOver, difference } = await runDifferential({ requests: 20_000, seed: 9_112 });
    expect(difference).toBeNull();
    expect(compared).toBeGreaterThanOrEqual(20_000);
    // Otherwise it would be the reference path that is compared with itself.
    expect(handedOver).toBeLessThan(compared / 3);
  });
});
