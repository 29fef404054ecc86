import { describe, expect, it } from 'vitest';
import { areUnitsDue } from '../../../src/judge/by-key/weigh-units.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import type { Finding } from '../../../src/judge/verdict.ts';
import { LAST_DRAW, UNITS } from '../../../src/split/unit-draw.ts';
import { UNIT_CELL, UNIT_CELLS } from '../../../src/stats/units/unit-block.ts';
import { emptyPast, type UnitCounts } from '../../../src/stats/units/unit-ledger.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { seededRandom } from '../../support/random.ts';
import { type Population, type UnitEffect, usersOf, zipf } from '../../support/simulated-units.ts';
import { runUnitRollout } from '../../support/unit-rollout.ts';

const MINUTE = 60_000;
const policy = judgePolicy({
  steps: [
    { weight: '10%', dwell: '90m' },
    { weight: '50%', dwell: '1h' },
  ],
  judge: { warmUp: '1m' },
});

describe('keys in the place of requests', () => {
  it('neither roll back nor show parity by requests', () => {
    // One client fails: of the canary's requests a fifth, of the stable's none.
    const broken = () => blockOf({ assignment: 'by-key', canary: tallyOf(100, { errors: 20, medianMs: 60 }) });
    const { verdict, state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 300 }, (startedAt) => ({
      ...broken(),
      startedAt,
    }));
    expect(verdict.name).toBe('undecided');
    expect(verdict.logEvidence).toBeLessThan(0);
    const byRequest = verdict.findings.filter(({ check }) => !check.startsWith('keys:'));
    for (const { budgetWeight, logHarm, logParityThreshold } of byRequest) {
      expect([budgetWeight, logHarm, logParityThreshold]).toEqual([0, 0, null]);
    }
    expect(finding(verdict.findings, 'errors').says).toBe(
      'errors: 20 % against 0.22 % over all requests; what counts is the comparison by key',
    );
    expect(areUnitsDue(state)).toBe(true);
    // The same by request.
    const perRequest = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 10 }, (startedAt) => ({
      ...broken(),
      assignment: 'per-request',
      startedAt,
    }));
    expect(perRequest.verdict.name).toBe('harmful');
    expect(perRequest.verdict.findings.some(({ check }) => check.startsWith('keys:'))).toBe(false);
  });

  it('are skipped with the check that compares the same by requests', () => {
    const checksWithout = (...skippedChecks: readonly string[]) => {
      const { verdict } = lookRepeatedly(
        policy,
        openJudgement(policy),
        { from: 0, count: 300 },
        (startedAt) => ({ ...blockOf({ assignment: 'by-key' }), startedAt }),
        { skippedChecks },
      );
      return { ...verdict, checks: verdict.findings.map(({ check }) => check) };
    };
    const byKey = ['keys:errors', 'keys:clientErrors', 'keys:p50', 'keys:p95', 'keys:p99', 'keys:shift'];
    expect(checksWithout().checks).toEqual(expect.arrayContaining([...byKey, 'p95', 'dominance']));
    const { checks } = checksWithout('p95', 'dominance');
    expect(checks).toEqual(expect.arrayContaining(['keys:errors', 'keys:clientErrors', 'keys:p50', 'keys:p99', 'p50']));
    expect(checks.filter((check) => /p95|shift|dominance/.test(check))).toEqual([]);
    // By its own name alone, the figures of the requests stay.
    expect(checksWithout('keys:p95').checks).toContain('p95');
    expect(checksWithout('keys:p95').checks).not.toContain('keys:p95');
    expect(checksWithout('errors', 'clientErrors', 'p50', 'p95', 'p99').reason).toMatch(
      'every check that could show parity is skipped',
    );
  });

  it('are not compared by counts that nobody can have counted', () => {
    const late = blockOf({ assignment: 'by-key', durationMs: 10 * MINUTE });
    const { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2 }, (startedAt) => ({
      ...late,
      startedAt: startedAt * 600,
    }));
    expect(areUnitsDue(state)).toBe(true);
    const list = (length: number, value = 0) => new Float32Array(length).fill(value);
    const known = { events: list(UNITS), expected: list(UNITS), surplus: list(UNITS), totals: 0, squares: 0 };
    const past = { errors: known, clientErrors: known, p50: known, p95: known, p99: known, shift: known };
    const counts: UnitCounts = {
      canaryBps: 1_000,
      since: 0,
      until: 20 * MINUTE,
      cells: list(UNITS * UNIT_CELLS),
      onCanary: new Uint8Array(UNITS),
      draws: new Float64Array(UNITS).fill(0.5),
      past,
    };
    const seenWith = (parts: object) => look(policy, state, inputOf([], { units: { ...counts, ...parts } }));
    expect(seenWith({}).verdict.reason).not.toMatch('unusable');
    for (const [fault, parts] of [
      ['canaryBps is -1, not basis points', { canaryBps: -1 }],
      ['their times are none', { until: Number.NaN }],
      ['the cells are no numbers by key', { cells: list(UNITS * UNIT_CELLS, Number.NaN) }],
      ['the cells are no numbers by key', { cells: list(3) }],
      ['the versions are none by key', { onCanary: [] }],
      ['the draws are none by key', { draws: new Float64Array(UNITS).fill(1.5) }],
      ['the past of p95 is none by key', { past: { ...past, p95: { ...known, events: list(UNITS, Infinity) } } }],
      ['the past of p50 is none by key', { past: { ...past, p50: { ...known, surplus: list(UNITS, Number.NaN) } } }],
      ['the past of p99 is none by key', { past: { ...past, p99: { ...known, squares: Number.NaN } } }],
      ['the past of errors is none by key', { past: null }],
    ] as const) {
      const { state: after, verdict } = seenWith(parts);
      expect([verdict.name, verdict.reason]).toEqual(['blind', `the counts by key are unusable: ${fault}`]);
      expect(after.checks.keys).toEqual(state.checks.keys);
    }
  });

  it('say which come last, and are compared without them', () => {
    const late = blockOf({ assignment: 'by-key', durationMs: 10 * MINUTE });
    const { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2 }, (startedAt) => ({
      ...late,
      startedAt: startedAt * 600,
    }));
    const [canaries, all] = [100, 200];
    const draws = new Float64Array(UNITS).fill(0.9);
    const onCanary = new Uint8Array(UNITS);
    const cells = new Float32Array(UNITS * UNIT_CELLS);
    for (let unit = 0; unit < all; unit += 1) {
      if (unit < canaries) [draws[unit], onCanary[unit]] = [0.05, 1];
      cells[unit * UNIT_CELLS + UNIT_CELL.requests] = 10;
    }
    // The heavy one fails all the time.
    draws[all] = LAST_DRAW;
    cells[all * UNIT_CELLS + UNIT_CELL.requests] = 1_000;
    cells[all * UNIT_CELLS + UNIT_CELL.errors] = 1_000;
    const counts = { canaryBps: 1_000, since: 0, until: 20 * MINUTE, cells, onCanary, draws, past: emptyPast() };
    const { verdict } = look(policy, state, inputOf([], { units: counts }));
    const errors = verdict.findings.find(({ check }) => check === 'keys:errors');
    expect(errors?.says).toContain('; one heavy key joins at 100 % only, with 33.3 % of all requests');
    expect(errors).toMatchObject({ canary: 0, stable: 0, keys: canaries });
  });

  it('wait for the source to know them, and say so', () => {
    const blocks = [blockOf({ assignment: 'by-key' })];
    const seen = look(policy, openJudgement(policy), inputOf(blocks, { step: weightStep() }));
    expect(finding(seen.verdict.findings, 'keys:errors').says).toBe(
      'errors by key: the keys are first compared after 15 s of this weight',
    );
    expect(seen.verdict.forecast?.doublingMs ?? null).toBeNull();
    const late = blockOf({ assignment: 'by-key', startedAt: 1_000, durationMs: 10 * MINUTE });
    const unheard = look(policy, seen.state, inputOf([late, { ...late, startedAt: 11 * MINUTE }]));
    expect(finding(unheard.verdict.findings, 'keys:errors').says).toBe(
      'errors by key: the source says nothing of the keys, so nothing can be shown here, and nothing is rolled back',
    );
    const again = look(policy, seen.state, inputOf([], { units: null }));
    expect(again.state.checks.keys).toEqual(seen.state.checks.keys);
  });
});

describe('a source that does not know the keys', () => {
  it('holds the rollout, whatever the requests say, and says why', () => {
    let state = openJudgement(policy);
    let reason = '';
    for (let at = 0; at < 300; at++) {
      const broken = blockOf({
        assignment: 'by-key',
        startedAt: at * 5_000,
        canary: tallyOf(100, { errors: 20, medianMs: 60 }),
      });
      let seen = look(policy, state, inputOf([broken], { step: weightStep() }));
      if (areUnitsDue(seen.state)) {
        seen = look(policy, seen.state, inputOf([], { step: weightStep(), units: 'uncounted' }));
      }
      expect(seen.verdict.name).toBe('undecided');
      expect(seen.verdict.logEvidence).toBeLessThan(0);
      state = JSON.parse(JSON.stringify(seen.state));
      reason = seen.verdict.reason;
    }
    expect(reason).toContain("keys keep their version here, and the route's source does not count by key");
  });
});

describe('identical versions with sticky keys', () => {
  it.each([
    ['500 equal keys that differ in latency', (random) => even(usersOf(random, zipf(500, 0), 0.3))],
    ['200 tenants of very different size and latency', (random) => even(usersOf(random, zipf(200, 1), 0.5))],
    ['a client that always fails', (random) => withOne(random, { share: 0.005, slower: 1, errors: 1, failing: 1 })],
    ['a heavy client, half as slow again', (random) => withOne(random, { share: 0.2, slower: 1.5, errors: 1 })],
  ] as readonly (readonly [string, (random: () => number) => Population])[])(
    'are neither rolled back nor held: %s',
    (_, population) => {
      for (const seed of [1, 2]) {
        const { harmful, held, highest } = run(seed, population);
        expect([harmful, held]).toEqual([null, false]);
        expect(highest).toBeLessThan(1);
      }
    },
  );

  it('are shown to be at parity', () => {
    const { parityMs, last } = run(1, (random) => even(usersOf(random, zipf(500, 0), 0.3)));
    expect(parityMs[0]).toBeLessThanOrEqual(91 * MINUTE);
    expect(parityMs[1]).toBeLessThanOrEqual(64 * MINUTE);
    expect(last.verdict.reason).toMatch(
      /^errors by key within 25 % or 0.1 pp, .*p99 by key within 26.9 % of the stable/,
    );
  });
});

describe('a worse canary with sticky keys', () => {
  const users = (random: () => number) => even(usersOf(random, zipf(500, 0), 0.3));

  it.each<readonly [string, UnitEffect, number]>([
    ['twice as slow', { slower: 2 }, 60],
    ['a quarter slower', { slower: 1.25 }, 480],
    ['a point more errors', { errorsPlus: 0.01 }, 480],
    ['five times the errors', { errorsTimes: 5 }, 1_920],
  ])('is rolled back: %s', (_, effect, withinSeconds) => {
    const { harmful, last } = run(5, users, effect);
    expect(harmful?.ms).toBeLessThanOrEqual(withinSeconds * 1_000);
    expect(last.verdict.reason).toMatch(
      /by key .* of the canary's \d+ keys far above what is usual for them, at least 6 needed to roll back/,
    );
    expect(look(policy, last.state, inputOf([])).verdict.name).toBe('harmful');
  });

  it('is rolled back in its warm-up for what no warm-up explains', () => {
    const { harmful, last } = run(5, users, { errorsPlus: 0.6 });
    expect(harmful?.ms).toBeLessThanOrEqual(-15_000);
    expect(last.verdict.reason).toMatch(
      /^canary errors by key 6\d(\.\d)? % against 0[.\d]* %, .*\(margin 100 % \+ 10 pp while it warms up\), \d+ of the canary's \d+ keys/,
    );
  });

  it('is found behind a fast heavy client', () => {
    const behind = (random: () => number) => withOne(random, { share: 0.2, slower: 0.4, errors: 1 });
    const { harmful } = run(6, behind, { slower: 1.25 });
    expect(harmful?.ms).toBeLessThanOrEqual(480_000);
  });
});

describe('what people are told of keys', () => {
  it('says how many keys count, what cannot be told, and how long requests would take', () => {
    const { last } = run(7, (random) => even(usersOf(random, zipf(200, 1), 0.5)), {}, [10 * MINUTE]);
    const { says } = finding(last.verdict.findings, 'keys:errors');
    expect(says).toMatch(
      /^errors by key 0[.\d]* % against 0[.\d]* %: the canary serves \d+ keys, about \d+ that count; the largest carries [\d.]+ %; at 10 % a change of errors below [\d.]+ % cannot be told from the users, at 50 %: [\d.]+ %; parity in about \d+ (min|h).*; with each request drawn by itself about \d+ min would do$/,
    );
  });

  it('names one key that causes it all, and counts it once', () => {
    // Every draw until the failing client is the canary's.
    for (let seed = 1; seed < 60; seed += 1) {
      const failing = { share: 0.02, slower: 1, errors: 1, failing: 0.5 };
      const { last, harmful } = run(seed, (random) => withOne(random, failing), {}, [2 * MINUTE], 1);
      expect(harmful).toBeNull();
      const { says } = finding(last.verdict.findings, 'keys:errors');
      if (!says.includes('one key')) continue;
      expect(says).toMatch(/; one key causes (9\d|100)(\.\d)? % of the canary's errors and counts once/);
      return;
    }
    expect.unreachable('the client was never the canary’s');
  });

  it('says that nothing is known of the keys yet', () => {
    const { last } = run(8, (random) => even(usersOf(random, zipf(500, 0), 0.3)), {}, [2 * MINUTE], 0);
    expect(finding(last.verdict.findings, 'keys:errors').says).toContain('nothing is known of the keys from before');
  });
});

function run(
  seed: number,
  population: (random: () => number) => Population,
  effect: UnitEffect = {},
  stepsMs: readonly number[] = [91 * MINUTE, 64 * MINUTE],
  pastHours = 6,
) {
  const random = seededRandom(seed);
  return runUnitRollout({ policy, random, population: population(random), effect, pastHours, stepsMs });
}

function even(users: Population['users']): Population {
  return { users, requestsPerSecond: 100, errors: 0.001 };
}

function withOne(random: () => number, one: Population['users'][number]): Population {
  const others = zipf(500, 0).map((share) => share * (1 - one.share));
  return even([...usersOf(random, others, 0.1), one]);
}

function finding(findings: readonly Finding[], check: string): Finding {
  const found = findings.find((one) => one.check === check);
  if (found === undefined) throw new Error(`no finding ${check}`);
  return found;
}
