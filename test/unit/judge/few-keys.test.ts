import { describe, expect, it } from 'vitest';
import { type Look, look } from '../../../src/judge/judge.ts';
import { hasShownParity } from '../../../src/parity/finding.ts';
import { UNIT_LOOKS_MS } from '../../../src/stats/units/unit-looks.ts';
import { blockOf, inputOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { seededRandom } from '../../support/random.ts';
import { type User, usersOf, zipf } from '../../support/simulated-units.ts';
import { runUnitRollout } from '../../support/unit-rollout.ts';

const MINUTE = 60_000;
const SEEDS = [1, 2, 3, 4, 5, 6];
const policy = judgePolicy({
  steps: [
    { weight: '25%', dwell: '1m' },
    { weight: '50%', dwell: '1m' },
  ],
  judge: { block: '1s', minStep: '5s', maxHold: '30s', reference: '10s' },
});

interface SeenLook {
  readonly seen: Look;
  readonly lookMs: number;
}

describe('a sticky route of 120 users', () => {
  const all = SEEDS.flatMap((seed) => looksAt(seed));
  const findings = all.flatMap(({ seen }) => seen.verdict.findings.filter(({ check }) => check.startsWith('keys:')));

  it('has no more keys that count than keys that are compared', () => {
    const counted = findings.flatMap(({ says }) => {
      const found = /(\d+) (?:keys|of the canary's keys are new at this weight), about (\d+) that count/.exec(says);
      return found === null ? [] : [found.slice(1).map(Number)];
    });
    expect(counted.length).toBeGreaterThan(200);
    for (const [keys = 0, worth = 0] of counted) expect(worth).toBeLessThanOrEqual(keys);
    const later = all.filter(({ seen }) => seen.state.checks.keys.step?.canaryBps === 5_000);
    expect(later.length).toBeGreaterThan(SEEDS.length);
    for (const { seen } of later) {
      for (const { says } of seen.verdict.findings) expect(says).not.toContain('the canary serves');
    }
  });

  it('is told of the next weight only where that tells more', () => {
    const told = findings.flatMap(({ says }) => {
      const found =
        /(so few keys tell little: )?at \d+ % a change of [^;]* below ([\d.]+) %[^;]*users(?:, at 50 %: ([\d.]+) %)?/.exec(
          says,
        );
      return found === null ? [] : [found];
    });
    expect(told.some(([, , , next]) => next !== undefined)).toBe(true);
    for (const [, little, here, next] of told) {
      if (next !== undefined) expect(Number(next)).toBeLessThan(Number(here));
      expect(little !== undefined).toBe(Number(here) >= 50);
    }
  });

  it('is told what is missing now, and never of a time that has passed', () => {
    let waits = 0;
    for (const { seen, lookMs } of all) {
      const next = UNIT_LOOKS_MS.find((ms) => ms > lookMs) ?? 0;
      for (const finding of seen.verdict.findings) {
        const { says, needsCanaryRequests: needs } = finding;
        expect(says).not.toContain('after this weight began');
        if (hasShownParity(finding)) continue;
        expect(needs ?? 1).toBeGreaterThan(0);
        expect(says).toMatch(/; parity in about|, compared again in|out of reach|far above what is usual/);
        const again = /compared again in (\d+) (s|min)/.exec(says);
        if (again === null) continue;
        waits += 1;
        expect(Number(again[1]) * (again[2] === 's' ? 1_000 : MINUTE)).toBeCloseTo(next - lookMs, -5);
      }
    }
    expect(waits).toBeGreaterThan(0);
  });

  it('counts down between two looks', () => {
    const { seen } = looksAt(1, [], [2 * MINUTE]).at(-1) ?? {};
    if (seen === undefined) throw new Error('no look');
    const startedAt = seen.state.measuredUntil ?? 0;
    const step = weightStep({ splitEpoch: 2, appliedAt: startedAt - 2 * MINUTE });
    const after = look(
      policy,
      seen.state,
      inputOf([blockOf({ assignment: 'by-key', splitEpoch: 2, startedAt, durationMs: 5 * MINUTE, canaryBps: 2_500 })], {
        step,
      }),
    );
    const wait = ({ verdict }: Look) =>
      verdict.findings.map(({ says }) => Number(/parity in about (\d+) min/.exec(says)?.[1] ?? Number.NaN));
    const [before, later] = [wait(seen), wait(after)];
    expect(before.some((minutes) => minutes > 7)).toBe(true);
    for (const [at, minutes] of before.entries()) {
      if (minutes > 7) expect(later[at]).toBe(minutes - 5);
    }
  });

  it('has a verdict of at most two sentences', () => {
    const reasons = all.flatMap(({ seen }) => (seen.verdict.name === 'undecided' ? [seen.verdict.reason] : []));
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons.filter((reason) => reason.split('; ').length > 2)).toEqual([]);
  });
});

describe('one or few users of a sticky route that fail', () => {
  const failing = { share: 0.01, slower: 1, errors: 1, failing: 1 };

  it.each([
    ['one', [failing], /; one key causes [\d.]+ % of the canary's errors and counts once$/],
    ['two', [failing, failing], /; 2 keys cause [\d.]+ % of the canary's errors and count once each$/],
  ] as const)(
    'are said by the verdict from the first look on, whichever check is the slowest: %s',
    (_, users, says) => {
      let found = 0;
      let bySlower = 0;
      for (let seed = 1; seed < 60 && found < 3; seed += 1) {
        const looks = looksAt(seed, users, [MINUTE]);
        // Those draws in which all of them are the canary's.
        const rates = looks.at(-1)?.seen.verdict.findings.find(({ check }) => check === 'keys:errors');
        if ((rates?.stable ?? 1) > 0.008) continue;
        found += 1;
        for (const { seen } of looks) expect(seen.verdict.reason).toMatch(says);
        bySlower += looks.filter(({ seen }) => seen.verdict.worst !== 'keys:errors').length;
      }
      expect(found).toBe(3);
      expect(bySlower).toBeGreaterThan(0);
    },
  );

  it('are not said where the errors are everybody’s, or where a heavy user has its part of them', () => {
    const heavy = { share: 0.3, slower: 1, errors: 1 };
    for (const seed of SEEDS) {
      for (const { seen } of looksAt(seed, [heavy], [4 * MINUTE], 0.03)) {
        expect(seen.verdict.reason).not.toMatch(/keys? causes?/);
      }
    }
  });
});

function looksAt(
  seed: number,
  more: readonly User[] = [],
  stepsMs: readonly number[] = [2 * MINUTE, 11 * MINUTE],
  errors = 0.004,
): readonly SeenLook[] {
  const random = seededRandom(seed);
  const left = 1 - more.reduce((sum, { share }) => sum + share, 0);
  const shares = zipf(120, 0.6).map((share) => share * left);
  const looks: SeenLook[] = [];
  runUnitRollout({
    policy,
    random,
    population: { users: [...usersOf(random, shares, 0.3), ...more], requestsPerSecond: 60, errors },
    pastHours: 1,
    stepsMs,
    onLook: (seen, lookMs) => looks.push({ seen, lookMs }),
  });
  return looks;
}
