import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import { TimedShare } from '../../../src/gateway/measure/timed-share.ts';
import { orderTo } from '../../support/gateway.ts';

/** The canary's latencies, block by block: one fast answer a block, and one that takes 2 s. */
function canaryLatencies(fast: number, slow: number): readonly number[] {
  let now = 1_000_000;
  const measure = { blockMs: 1_000, errorStatuses: ['5xx'] as const };
  const recorder = new RouteRecorder(
    clockFrom(() => now),
    orderTo('http://v1', 'http://v2', { canaryBps: 5_000, measure }),
  );
  const answer = (status: number, ticket = recorder.begin('canary', 'weight')) => {
    recorder.answered(ticket, status, 'whole');
    recorder.complete(ticket);
  };
  answer(fast);
  now += 1_000;
  const late = recorder.begin('canary', 'weight');
  answer(fast);
  now += 1_500;
  recorder.collect(null, 250);
  now += 500;
  answer(slow, late);
  now += 1_000;
  return recorder
    .collect(null, 250)
    .blocks.map(({ canary }) => Object.values(canary?.latency ?? {}).reduce((sum, count) => sum + count, 0));
}

describe('a request that is still open when its block closes', () => {
  it('counts as slow at once where both versions have answers whose latencies are compared', () => {
    expect(canaryLatencies(200, 200)).toEqual([1, 2, 0, 0]);
  });

  it('counts when its kind is known, and only if it is compared, where the answers of a version are left out', () => {
    expect(canaryLatencies(404, 404)).toEqual([0, 0, 0, 0]);
    expect(canaryLatencies(404, 200)).toEqual([0, 0, 0, 1]);
  });
});

describe('the shares of answers whose latencies are compared', () => {
  it('are alike until they differ by more than a tenth, and follow what the versions do today', () => {
    const shares = new TimedShare();
    expect(shares.isAlike).toBe(true);
    for (let answer = 0; answer < 100; answer += 1) {
      shares.note('stable', 'timed');
      shares.note('canary', answer % 20 === 0 ? 'left-out' : 'timed');
    }
    expect(shares.isAlike).toBe(true);
    for (let answer = 0; answer < 20; answer += 1) shares.note('canary', 'left-out');
    expect(shares.isAlike).toBe(false);
    for (let answer = 0; answer < 3_000; answer += 1) shares.note('canary', 'timed');
    expect(shares.isAlike).toBe(true);
    for (let answer = 0; answer < 300; answer += 1) shares.note('canary', 'left-out');
    shares.follow(orderTo('http://v1', 'http://v2'), orderTo('http://v1', null));
    expect(shares.isAlike).toBe(true);
  });
});
