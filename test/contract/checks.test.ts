import { describe, expect, it } from 'vitest';
import { budgetOf, stakesOf } from '../../src/judge/budget.ts';
import { openJudgement } from '../../src/judge/judge.ts';
import { CHECKS, type CheckKey } from '../../src/parity/checks.ts';
import { allNames, claimsOf, claimsOnRequests, termsOf } from '../../src/parity/each-check.ts';
import { claimsParity } from '../../src/parity/finding.ts';
import type { Claim } from '../../src/parity/stake.ts';
import type { Policy } from '../../src/policy/schema.ts';
import type { Block } from '../../src/stats/block.ts';
import { countsOfValues, spread } from '../support/carried-values.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../support/judge-blocks.ts';
import { pointAt, queryPolicy, valued } from '../support/query-policy.ts';
import { NO_TALLY } from '../support/simulated-traffic.ts';

const policy: Policy = queryPolicy(
  { action: 'rollback', weight: 0.1, limit: 0.9 },
  {
    latency: { quantiles: { p90: {} } },
    errors: { when: [{ graphql: 'total' }] },
    streams: { end: '[DONE]' },
    categories: { finish: { from: { json: '/finish' }, worse: ['length'] } },
    values: { queries: { from: { serverTiming: 'db' }, worse: 'both' } },
    size: { dryRun: false },
    logs: { newErrors: 'rollback' },
  },
  { guards: { errors: '2%', p99: '800ms' } },
);
const routed = { stable: 900, canary: 100 };
/** What answers carry, of a version with so many requests. */
const carried = (requests: number) => ({
  content: { sampled: requests / 10, unread: 1, failed: 1, partial: 1 },
  streams: { ended: requests / 10, unfinished: 1 },
  categories: { finish: { stop: requests / 20, length: requests / 20 } },
  values: { queries: countsOfValues(spread(requests, 4)) },
});
const onGrid = (startedAt: number): Block => {
  const block = valued(startedAt, pointAt(startedAt), { routed });
  const withCarried = (tally: Block['stable']) => tally && { ...tally, ...carried(tally.requests) };
  return { ...block, stable: withCarried(block.stable), canary: withCarried(block.canary) };
};
const slower = (answers: number) => ({ answers, above: [{ ms: 25, count: answers / 5 }] });
const atBoundaries = (startedAt: number): Block => ({
  ...onGrid(startedAt),
  stable: { ...NO_TALLY, requests: 900, slower: slower(900) },
  canary: { ...NO_TALLY, requests: 100, slower: slower(100) },
});
const withEmpty = (startedAt: number, assignment?: Block['assignment']): Block => ({
  ...blockOf({
    startedAt,
    stable: { ...tallyOf(900), ...carried(900), empty: 90 },
    canary: { ...tallyOf(100), ...carried(100), empty: 10 },
  }),
  ...(assignment === undefined ? {} : { assignment }),
});
const { state, verdict } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 30 }, onGrid);
const other = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 30 }, atBoundaries);
const keys = Object.keys(CHECKS).filter((key): key is CheckKey => Object.hasOwn(CHECKS, key));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(keys)('the check %s', (key) => {
  const { names, terms } = CHECKS[key];

  it('remembers plain JSON, before the first block and after', () => {
    for (const states of [openJudgement(policy).checks, state.checks, other.state.checks]) {
      expect(plain(states[key])).toEqual(states[key]);
    }
  });

  it('has names of its own, with terms', () => {
    for (const name of names.listed) {
      const owners = keys.filter((one) => CHECKS[one].terms(policy, name) !== null);
      expect([name, owners]).toEqual([name, [key]]);
      expect(allNames().some(({ open }) => open?.pattern.test(name))).toBe(false);
    }
    expect(terms(policy, 'no-such-check')).toBeNull();
  });

  it('claims the budget for its own names, whatever was seen', () => {
    for (const { check } of CHECKS[key].claims?.(policy) ?? []) expect(terms(policy, check)).not.toBeNull();
  });
});

describe('the checks together', () => {
  it('report and stake under names that one of them has', () => {
    for (const look of [{ state, verdict }, other]) {
      const reported = look.verdict.findings.map(({ check }) => check);
      const staked = stakesOf(policy, look.state, []).map(({ check }) => check);
      for (const check of [...reported, ...staked]) expect([check, termsOf(policy, check)]).not.toEqual([check, null]);
      expect(reported).toEqual([...new Set(reported)]);
    }
  });

  it('share the whole budget, and no more', () => {
    const shareOf = (claims: readonly Claim[]) => claims.reduce((sum, { check }) => sum + budgetOf(policy, check), 0);
    const [ofKeys, ofOthers] = [true, false].map((isOfKeys) =>
      shareOf(claimsOf(policy).filter((claim) => 'insteadOf' in claim === isOfKeys)),
    );
    expect(ofOthers).toBeCloseTo(1, 12);
    expect(ofKeys).toBeCloseTo(shareOf(claimsOnRequests(policy)), 12);
    const byKey = { ...state, assignment: 'by-key' } as const;
    for (const look of [state, other.state, openJudgement(policy), byKey]) {
      const staked = stakesOf(policy, look, []).reduce((sum, { weight }) => sum + weight, 0);
      expect(staked).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  it('claim parity on requests where these are drawn one by one, and nowhere else', () => {
    const claimedBy = (assignment: Block['assignment']) => {
      const make = (startedAt: number) => withEmpty(startedAt, assignment);
      const look = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 90 }, make);
      const claimed = look.verdict.findings.filter(claimsParity).map(({ check }) => check);
      return claimed.filter((check) => !check.startsWith('query:'));
    };
    const ownersOf = (check: string) => keys.filter((key) => CHECKS[key].terms(policy, check) !== null);
    const claimed = claimedBy('per-request');
    expect(claimed).toEqual(
      expect.arrayContaining([
        'errors',
        'clientErrors',
        'empty',
        'p50',
        'content',
        'content:unread',
        'category:finish',
      ]),
    );
    for (const check of claimed) {
      expect([check, ownersOf(check).map((key) => CHECKS[key].compares)]).toEqual([check, ['requests']]);
    }
    expect(claimedBy('by-key').filter((check) => !check.startsWith('keys:'))).toEqual([]);
  });
});
