import { describe, expect, it } from 'vitest';
import { NO_FAULT, watchFault } from '../../../src/judge/fault/shared-fault.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';
import { binomial, poisson, seededRandom } from '../../support/random.ts';

const policy = briskPolicy();
const HISTORY = 310;
const healthy = (startedAt: number) => blockOf({ startedAt });
const outage = (startedAt: number) =>
  blockOf({ startedAt, stable: tallyOf(900, { errors: 300 }), canary: tallyOf(100, { errors: 33 }) });

const before = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: HISTORY }, healthy);
const during = lookRepeatedly(policy, before.state, { from: HISTORY * 1_000, count: 8 }, outage);

describe('a shared fault', () => {
  it('is said in one sentence, blames nobody, and stops a promotion', () => {
    expect(before.verdict.name).toBe('at-parity');
    expect(during.verdict).toMatchObject({ name: 'shared-fault', worst: null, needs: null });
    expect(during.verdict.reason).toMatch(
      /^the route as a whole fails, \d+(\.\d)? % of [\d,]+ requests where 0\.\d+ % used to: nobody is blamed, nothing is promoted meanwhile$/,
    );
  });

  it('is found within thirty seconds of blocks of five', () => {
    const found = [1, 2, 3, 4, 5, 6].find(
      (count) =>
        lookRepeatedly(policy, before.state, { from: HISTORY * 1_000, count }, outage).verdict.name === 'shared-fault',
    );
    expect(found).toBeLessThanOrEqual(6);
  });

  it('freezes what is known of the stable, and counts no parity from the next block on', () => {
    const more = lookRepeatedly(policy, during.state, { from: 320_000, count: 60 }, outage);
    expect(more.state.groups).toEqual(during.state.groups);
    expect(more.state.checks.unanswered.stable).toEqual(during.state.checks.unanswered.stable);
    expect(more.state.checks.errors.stable).toEqual(during.state.checks.errors.stable);
    expect(more.state.checks.latency.reference).toEqual(during.state.checks.latency.reference);
    expect(more.state.fault.past).toEqual(during.state.fault.past);
    expect(more.state.checks.errors.relative).toEqual(during.state.checks.errors.relative);
    expect(more.state.checks.latency.p50.parity).toEqual(during.state.checks.latency.p50.parity);
  });

  it('still rolls back a canary that is clearly worse', () => {
    const worse = (startedAt: number) => ({ ...outage(startedAt), canary: tallyOf(100, { errors: 90 }) });
    expect(lookRepeatedly(policy, during.state, { from: 320_000, count: 20 }, worse).verdict.name).toBe('harmful');
  });

  it('clears after twelve good blocks in a row, not one earlier', () => {
    const nearly = lookRepeatedly(policy, during.state, { from: 320_000, count: 11 }, healthy);
    expect(nearly.verdict.name).toBe('shared-fault');
    const relapse = lookRepeatedly(policy, nearly.state, { from: 331_000, count: 1 }, outage);
    expect(lookRepeatedly(policy, relapse.state, { from: 332_000, count: 11 }, healthy).verdict.name).toBe(
      'shared-fault',
    );
    const over = look(policy, nearly.state, inputOf([healthy(331_000)]));
    expect(over.verdict.name).not.toBe('shared-fault');
    expect(over.state.fault).toMatchObject({ alarm: null, logMass: [null, null, null] });
  });

  it('needs five minutes of history', () => {
    const early = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, healthy);
    expect(lookRepeatedly(policy, early.state, { from: 60_000, count: 10 }, outage).state.fault.alarm).toBeNull();
  });

  it('has no false alarm in twenty simulated days of drift', () => {
    const random = seededRandom(20_260_171);
    let watch = NO_FAULT;
    let alarms = 0;
    for (let block = 0; block < 20 * 17_280; block += 1) {
      const day = (2 * Math.PI * block) / 17_280;
      const requests = poisson(random, 40 * (1 + 0.6 * Math.sin(day)));
      const errors = binomial(random, requests, 0.004 * (1 + 0.5 * Math.cos(day)));
      const tally = { requests, errors, clientErrors: 0, latency: {} };
      const traffic = { startedAt: block * 5_000, durationMs: 5_000, stable: tally, canary: null };
      watch = watchFault(watch, traffic, { cap: 3.97, phi: 1 });
      if (watch.alarm !== null) alarms += 1;
    }
    expect(alarms).toBe(0);
  });
});
