import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import { SOUND_STABLE, stepBrokenStable } from '../../../src/stats/rates/broken-stable.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';
import { binomial, seededRandom } from '../../support/random.ts';

const policy = briskPolicy();
const failing = (stable: number, canary: number) => (startedAt: number) =>
  blockOf({
    startedAt,
    stable: tallyOf(900, { errors: Math.round(900 * stable) }),
    canary: tallyOf(100, { errors: Math.round(100 * canary) }),
  });
const after = (count: number, make: (startedAt: number) => ReturnType<typeof blockOf>) =>
  lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, make);

describe('a stable that is broken', () => {
  it('is said with its figures and what a person can do, instead of a wait for its answers', () => {
    const { verdict } = after(60, failing(1, 0.01));
    expect(verdict).toMatchObject({
      name: 'undecided',
      reason:
        'the stable fails 100 % of its requests, 54,000 of 54,000, and the canary 1 %, 60 of 6,000: Serin compares nothing ' +
        'with such a stable, and promotes nothing for lack of evidence; repair the stable, or, if the canary is ' +
        'well, promote it as the repair (promote --repair)',
      hold: { cause: 'no-baseline', check: null, urgency: 'after-max-hold' },
    });
  });

  it('has no forecast: nothing is compared with it', () => {
    expect(after(20, failing(0.01, 0.01)).verdict.forecast).not.toBeNull();
    expect(after(20, failing(0.7, 0.01)).verdict.forecast).toBeNull();
  });

  it('does not offer a canary that fails as well', () => {
    const { verdict } = after(20, failing(0.8, 0.8));
    expect(verdict.reason).toMatch(
      /and the canary 80 %, 1,600 of 2,000: .*; the canary is no repair, repair the stable$/,
    );
  });

  it('is named as well where the route as a whole fails because of it', () => {
    const before = after(310, failing(0.002, 0));
    const { verdict } = lookRepeatedly(policy, before.state, { from: 310_000, count: 10 }, failing(1, 0));
    expect(verdict.name).toBe('shared-fault');
    expect(verdict.reason).toMatch(/^the stable fails 100 % of its requests, 9,000 of 9,000, and the canary 0 %, /);
    expect(verdict.hold?.cause).toBe('no-baseline');
  });

  it('is no reason to wait below half, nor once it was mended', () => {
    expect(after(60, failing(0.3, 0)).verdict.hold).toBeUndefined();
    const broken = after(60, failing(1, 0));
    const mended = lookRepeatedly(policy, broken.state, { from: 60_000, count: 2 }, failing(0.002, 0));
    expect(mended.verdict.hold).toBeUndefined();
    expect(mended.state.checks.baseline).toEqual(SOUND_STABLE);
  });

  it('counts what it does not answer', () => {
    const hanging = (startedAt: number) => blockOf({ startedAt, stable: { ...tallyOf(0), unanswered: 900 } });
    expect(look(policy, after(5, hanging).state, inputOf([hanging(5_000)])).verdict.hold?.cause).toBe('no-baseline');
  });
});

describe('the evidence that it is', () => {
  const bet = { cap: 4, logHold: Math.log(20) };

  it('is not taken for granted at a few requests, and not for a stable that fails a third', () => {
    const few = { stable: { sent: 3, failed: 3 }, canary: { sent: 0, failed: 0 } };
    expect(stepBrokenStable(SOUND_STABLE, few, bet).log).toBeLessThan(bet.logHold);
    const random = seededRandom(77);
    let state = SOUND_STABLE;
    for (let block = 0; block < 20_000; block += 1) {
      const stable = { sent: 20, failed: binomial(random, 20, 0.33) };
      state = stepBrokenStable(state, { stable, canary: { sent: 2, failed: 0 } }, bet);
      expect(state.log).toBeLessThan(bet.logHold);
    }
  });

  it('has a mean of at most 1 a block where half fails', () => {
    let mean = 0;
    for (let failed = 0; failed <= 20; failed += 1) {
      let mass = 0.5 ** 20;
      for (let k = 1; k <= failed; k += 1) mass *= (20 - k + 1) / k;
      const high = { ...SOUND_STABLE, log: 3 };
      const { log } = stepBrokenStable(
        high,
        { stable: { sent: 20, failed }, canary: { sent: 0, failed: 0 } },
        { cap: 50, logHold: 100 },
      );
      mean += mass * Math.exp(log - 3);
    }
    // The floor at 1 is all that may add to it.
    expect(mean).toBeLessThanOrEqual(1 + Math.exp(-3));
    expect(mean).toBeGreaterThan(0.9);
  });
});
