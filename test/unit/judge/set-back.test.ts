import { describe, expect, it } from 'vitest';
import type { StepContext } from '../../../src/judge/input.ts';
import { type Look, look, openJudgement } from '../../../src/judge/judge.ts';
import { seededRandom } from '../../support/random.ts';
import { policyOf, T0 } from '../../support/rollouts.ts';
import { type Behaviour, HEALTHY, simulateBlock } from '../../support/simulated-traffic.ts';

const BLOCK = 5_000;
const HOUR = 3_600_000;
const policy = policyOf({ steps: [{ weight: '50%', dwell: '1h' }] });
const step: StepContext = { kind: 'weight', index: 0, position: 'last', splitEpoch: 1, appliedAt: T0 };

/** The same traffic, seen by a gateway whose clock is set by `byMs` after so many blocks. */
function judged(blocks: number, setAfter: number, byMs: number, canary: Behaviour): Look {
  const random = seededRandom(7);
  let state = openJudgement(policy);
  let seen: Look | null = null;
  for (let at = 0; at < blocks; at += 1) {
    const offset = at >= setAfter ? byMs : 0;
    const startedAt = T0 + at * BLOCK + offset;
    // As the controller has it, on the clock as it is now.
    const stepNow = { ...step, appliedAt: T0 + offset };
    const span = { startedAt, durationMs: BLOCK, splitEpoch: 1, canaryBps: 5_000, requestsPerSecond: 200 };
    const block = simulateBlock(random, span, HEALTHY, canary);
    const input = { at: startedAt + BLOCK, blocks: [block], unusable: null, step: stepNow, skippedChecks: [] };
    seen = look(policy, state, input);
    state = seen.state;
  }
  if (seen === null) throw new Error('nothing was seen');
  return seen;
}

describe('a clock that is set back under the judge', () => {
  it.each([5, 20, 60])('after %i blocks changes nothing of what it finds', (setAfter) => {
    const straight = judged(100, 1_000, 0, { ...HEALTHY, errors: 0.004 });
    const back = judged(100, setAfter, -HOUR, { ...HEALTHY, errors: 0.004 });
    expect(back.verdict).toEqual(straight.verdict);
    expect(back.slowAfterMs).toBe(straight.slowAfterMs);
  });

  it('keeps no slow canary from being found: its warm-up is over when it would have been', () => {
    const slow = { ...HEALTHY, medianMs: 40 };
    const back = judged(60, 30, -HOUR, slow);
    expect(back.verdict.name).toBe('harmful');
    expect(back.verdict).toEqual(judged(60, 1_000, 0, slow).verdict);
  });

  it('and one that is set forward finds a failing canary as soon', () => {
    const failing = { ...HEALTHY, errors: 0.05 };
    expect(judged(40, 20, HOUR, failing).verdict.name).toBe('harmful');
  });
});
