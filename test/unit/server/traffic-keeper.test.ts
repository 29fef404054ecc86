import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MeasurePort } from '../../../src/gateway/gateway.ts';
import { trafficKeeper } from '../../../src/server/routes/traffic-keeper.ts';

describe('what keeps the traffic of the last minutes', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('reads the totals from its start to its end, on a clock of its own', async () => {
    let requests = 0;
    let nowMs = 0;
    const totals = vi.fn<MeasurePort['totals']>(async () => [
      {
        route: 'shop',
        track: 'stable' as const,
        version: 'v1',
        outcomes: { '2xx': requests, '3xx': 0, '4xx': 0, '5xx': 0, unanswered: 0, 'client-gone': 0, refused: 0 },
        kinds: { json: requests, 'event-stream': 0, tunnel: 0, other: 0 },
      },
    ]);
    const keeper = trafficKeeper({ totals }, ['shop'], () => nowMs);
    expect(totals).not.toHaveBeenCalled();
    keeper.start();
    keeper.start();
    for (let tenth = 1; tenth <= 12; tenth++) {
      requests += tenth <= 6 ? 5 : 10;
      nowMs += 10_000;
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(keeper.of('shop').stable.slice(-3)).toEqual([null, 30, 60]);
    expect(keeper.of('shop').perSecond).toBe(1);
    const read = totals.mock.calls.length;
    await keeper.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(totals).toHaveBeenCalledTimes(read);
  });
});
