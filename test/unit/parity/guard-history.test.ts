import { describe, expect, it } from 'vitest';
import { guardsBrokenByStable } from '../../../src/parity/guard-history.ts';
import { blockOf, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { classicTally } from '../../support/prometheus-tallies.ts';

const { guards } = judgePolicy({ guards: { errors: '5%', p99: '800ms' } }).spec;
const alone = (count: number, make: () => Parameters<typeof blockOf>[0]) =>
  Array.from({ length: count }, (_, index) =>
    blockOf({ startedAt: index * 5_000, durationMs: 5_000, canaryBps: 0, ...make() }),
  );

describe('a stable that breaks a guard by itself', () => {
  it('is named with the guard, its figure and what to do', () => {
    const failing = alone(24, () => ({ stable: tallyOf(500, { errors: 41 }) }));
    expect(guardsBrokenByStable(guards, failing)).toBe(
      'the stable by itself breaks the guard errors (5 %), with 8.2 % of 12,000 requests failed in the last 2 min: in the steps a guard asks ' +
        'that the canary be worse than the stable, but the bake will roll back a canary that is like it; raise the limit, or repair the stable',
    );
    const broken = alone(24, () => ({ stable: tallyOf(500, { errors: 350 }) }));
    expect(guardsBrokenByStable(guards, broken)).toMatch(
      /, or repair the stable; a canary that is well can be promoted as the repair, without the bake \(promote --repair\)$/,
    );
    const slow = alone(24, () => ({ stable: tallyOf(500, { medianMs: 400 }) }));
    expect(guardsBrokenByStable(guards, slow)).toMatch(
      /^the stable by itself breaks the guard p99 \(800 ms, at most 1 % slower\), with [\d.]+ % of 12,000 answers slower in the last 2 min: /,
    );
  });

  it('is not one within its limits, beyond them by chance, or without a history', () => {
    expect(
      guardsBrokenByStable(
        guards,
        alone(24, () => ({ stable: tallyOf(500, { errors: 20 }) })),
      ),
    ).toBeNull();
    expect(
      guardsBrokenByStable(
        guards,
        alone(1, () => ({ stable: tallyOf(30, { errors: 2 }) })),
      ),
    ).toBeNull();
    expect(guardsBrokenByStable(guards, [])).toBeNull();
    expect(
      guardsBrokenByStable(
        guards,
        alone(24, () => ({ stable: null })),
      ),
    ).toBeNull();
  });

  it('is judged by the last ten minutes, and not by a guard that only reports', () => {
    const past = alone(60, () => ({ stable: tallyOf(500, { errors: 300 }) }));
    const since = alone(180, () => ({ stable: tallyOf(500, { errors: 1 }) })).map((block) => ({
      ...block,
      startedAt: block.startedAt + 300_000,
    }));
    expect(guardsBrokenByStable(guards, past)).not.toBeNull();
    expect(guardsBrokenByStable(guards, [...past, ...since])).toBeNull();
    expect(guardsBrokenByStable({ ...guards, dryRun: ['errors'] }, past)).toBeNull();
  });

  it('is seen at the boundaries of a classic histogram', () => {
    const { guards: limits } = judgePolicy({ guards: { p50: '40ms' } }).spec;
    const slow = alone(24, () => ({ stable: classicTally(900, { medianMs: 90 }), canary: classicTally(0) }));
    expect(guardsBrokenByStable(limits, slow)).toMatch(/the guard p50 \(40 ms, at most 50 % slower\)/);
  });
});
