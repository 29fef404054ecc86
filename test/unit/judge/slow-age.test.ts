import { describe, expect, it } from 'vitest';
import { openJudgement } from '../../../src/judge/judge.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import { carrying, countsOfValues, spread } from '../../support/carried-values.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

/** The age after which an open request is slow, after a minute in which streams took so long to their first event, or answers to their end. */
function slowAfter(
  checks: PolicyDocument['spec']['checks'],
  lastingMs: number,
  name: 'first-event' | 'end' = 'first-event',
): number {
  const policy = judgePolicy({ checks, judge: { block: '1s', minStep: '3s', warmUp: '0s' } });
  const { slowAfterMs } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, (startedAt) => {
    const values = (count: number) => ({ [name]: countsOfValues(spread(count, lastingMs)) });
    return blockOf({
      startedAt,
      stable: carrying(tallyOf(900), values(900)),
      canary: carrying(tallyOf(100), values(100)),
    });
  });
  return slowAfterMs;
}

describe('the age at which an open request is slow', () => {
  it('is above every threshold of what streams are waited for', () => {
    const alone = slowAfter({}, 2_000);
    const streams = slowAfter({ streams: {} }, 2_000);
    expect(alone).toBeLessThan(2_000);
    // The p95 of that spread, its parity margin, and room to grow.
    expect(streams / (2_000 * (0.95 / 0.05) ** 0.3 * 1.268 * 1.25)).toBeCloseTo(1, 1);
  });

  it('is above every threshold of latencies to the end of the answer', () => {
    const ends = slowAfter({ latency: { p95: { until: 'end' } } }, 2_000, 'end');
    expect(slowAfter({}, 2_000, 'end')).toBeLessThan(2_000);
    expect(ends / (2_000 * (0.95 / 0.05) ** 0.3 * 1.172 * 1.25)).toBeCloseTo(1, 1);
  });

  it('is no longer than half a minute', () => {
    expect(slowAfter({ streams: {} }, 60_000)).toBe(30_000);
  });

  it('is that of latencies where no stream was seen', () => {
    expect(slowAfter({ streams: {} }, 2)).toBe(slowAfter({}, 2));
  });
});
