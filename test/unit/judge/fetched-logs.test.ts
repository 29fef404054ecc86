import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import type { Block } from '../../../src/stats/block.ts';
import type { LogCounts } from '../../../src/stats/logs/log-counts.ts';
import { blockOf, inputOf, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

type Logs = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['logs']>;

const BLOCK_MS = 5_000;
const MINUTE = 12;
const REQUESTS = { stable: 450, canary: 50 };

/** A line for each request. */
function logged(requests: number): LogCounts {
  return {
    lines: requests,
    malformed: 0,
    levels: { error: 0, warn: 0, info: requests, debug: 0 },
    templates: { 'info http.Access: GET <*>': requests },
    fields: {},
    calls: {},
    other: { templates: 0, fields: 0, calls: 0 },
  };
}

describe('logs that are fetched from a Loki', () => {
  const fetched = (fault: string | null) => ({ from: 'Loki', fault });
  const from = (fault: string | null, of: (at: number) => Pick<NonNullable<Block['logs']>, 'stable' | 'canary'>) => {
    return (at: number) =>
      blockOf({
        startedAt: at * BLOCK_MS,
        durationMs: BLOCK_MS,
        assignment: 'per-request',
        stable: { ...tallyOf(0), requests: REQUESTS.stable },
        canary: { ...tallyOf(0), requests: REQUESTS.canary },
        logs: { ...of(at), fetched: fetched(fault) },
      });
  };
  const both = () => ({ stable: logged(REQUESTS.stable), canary: logged(REQUESTS.canary) });
  const neither = () => ({ stable: null, canary: null });
  const after = (logs: Logs, make: (at: number) => Block) => {
    const policy = judgePolicy({ checks: { logs }, judge: { block: '5s' } });
    let seen = look(policy, openJudgement(policy), inputOf([make(0)]));
    for (let at = 1; at < 4 * MINUTE; at += 1) seen = look(policy, seen.state, inputOf([make(at)]));
    return seen.verdict;
  };

  it('are blind while it fails, also where few lines were due, or the policy does not insist; nobody is blamed', () => {
    const down = from('Loki answered 503', neither);
    const up = from(null, both);
    const reason = /^Loki answered 503: nothing is known of the logs of either version for \d min, while they served/;
    for (const logs of [{}, { unsent: 'report' as const }]) {
      const verdict = after(logs, down);
      expect([verdict.name, verdict.reason]).toEqual(['blind', expect.stringMatching(reason)]);
    }
    const verdict = after({}, (at) => (at < MINUTE ? up(at) : down(at)));
    expect([verdict.name, verdict.reason]).toEqual(['blind', expect.stringMatching(reason)]);
    const quiet = (at: number) => from(null, () => ({ stable: logged(0), canary: logged(0) }))(at);
    expect(after({}, (at) => (at < MINUTE ? quiet(at) : down(at))).name).toBe('blind');
    expect(after({}, up).name).not.toBe('blind');
  });

  it('are blind where it answers and has none of a version', () => {
    expect(after({}, from(null, neither)).reason).toMatch(
      /^Loki answers, and had no log line of either version in 4 min, while they served/,
    );
    const half = from(null, (at) => ({ ...both(), canary: at < MINUTE ? both().canary : null }));
    expect(after({}, half).reason).toMatch(/^Loki answers, and had no log lines of the canary for 3 min, while it/);
  });
});
