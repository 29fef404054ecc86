import { describe, expect, it } from 'vitest';
import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import type { Block } from '../../../src/stats/block.ts';
import type { LogCounts } from '../../../src/stats/logs/log-counts.ts';
import { blockOf, inputOf, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

type Logs = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['logs']>;

const BLOCK_MS = 5_000;
const MINUTE = 12;
const ACCESS = 'info http.Access: GET <*>';
const DECLINED = 'error pay.Charge: card <*> declined';
const FRESH = 'error cart.Total: <*> is null';

/** What so many requests make a version log: a line each, and a few known errors. */
function logged(requests: number, parts: Partial<Record<string, number>> = {}): LogCounts {
  const errors = Math.round(requests / 100);
  const fresh = parts['fresh'] ?? 0;
  const more = parts['declined'] ?? errors;
  const templates = { [ACCESS]: requests, [DECLINED]: more, ...(fresh === 0 ? {} : { [FRESH]: fresh }) };
  return {
    lines: requests + more + fresh,
    malformed: 0,
    levels: { error: more + fresh, warn: 0, info: requests, debug: 0 },
    templates,
    fields: { service: requests, ...(parts['noUser'] ? {} : { user: requests }) },
    calls: {
      'http payments.internal': parts['calls'] ?? requests,
      ...(parts['audit'] ? { 'http audit.internal': parts['audit'] } : {}),
    },
    other: { templates: parts['other'] ?? 0, fields: 0, calls: 0 },
  };
}

/** The traffic varies a little, as any does: what varies with it is caused by it. */
const requestsAt = (at: number) => ({ stable: 450 + ((at * 37) % 23), canary: 50 + ((at * 13) % 7) });

function blockAt(at: number, canary: Partial<Record<string, number>> | null, parts: Partial<Block> = {}): Block {
  const requests = requestsAt(at);
  return blockOf({
    startedAt: at * BLOCK_MS,
    durationMs: BLOCK_MS,
    assignment: 'per-request',
    stable: { ...tallyOf(0), requests: requests.stable },
    canary: { ...tallyOf(0), requests: requests.canary },
    logs: { stable: logged(requests.stable), canary: canary === null ? null : logged(requests.canary, canary) },
    ...parts,
  });
}

const policyWith = (logs: Logs): Policy => judgePolicy({ checks: { logs }, judge: { block: '5s' } });
const INSIDE: StepContext = { ...weightStep(), kind: 'internal' };

/** Ten minutes of the stable alone, then so many blocks of both. */
function judged(policy: Policy, blocks: number, make: (at: number) => Block, skippedChecks: readonly string[] = []) {
  const alone = Array.from({ length: 10 * MINUTE }, (_, at) =>
    blockAt(at - 10 * MINUTE, null, { canaryBps: 0, canary: tallyOf(0) }),
  );
  let state: JudgeState = look(policy, openJudgement(policy), inputOf(alone, { step: INSIDE })).state;
  let verdict = null;
  for (let at = 0; at < blocks; at += 1) {
    const seen = look(policy, state, inputOf([make(at)], { skippedChecks }));
    state = seen.state;
    verdict = seen.verdict;
    if (verdict.name === 'harmful') break;
  }
  if (verdict === null) throw new Error('no block was judged');
  const finding = verdict.findings.find(({ check }) => check === 'logs') ?? null;
  return { state, verdict, finding };
}

describe('what versions log', () => {
  it('is neither remembered nor told where the policy does not ask', () => {
    const { state, finding } = judged(judgePolicy(), 4, (at) => blockAt(at, {}));
    expect(state.checks.logs).toBeNull();
    expect(finding).toBeNull();
  });

  it('is at parity where it is alike', () => {
    const { finding, verdict } = judged(policyWith({}), 5 * MINUTE, (at) => blockAt(at, {}));
    expect(verdict.hold).toBeUndefined();
    expect(finding?.differences).toBeUndefined();
    expect(finding?.logParity).toBeGreaterThanOrEqual(finding?.logParityThreshold ?? 99);
    expect(finding?.says).toMatch(/^logs: \d+ error lines in 1,000 requests against \d+/);
  });

  it('is waited for: without lines to compare nothing is at parity', () => {
    const { finding } = judged(policyWith({}), 3, (at) => blockAt(at, {}));
    expect(finding?.logParity).toBe(0);
    expect(finding?.says).toBe(
      'logs: nothing compared yet: an interval takes 30 s and 50 requests of the canary, and ten minutes at most',
    );
  });
});

describe('a new error', () => {
  it('holds, with what it is', () => {
    const { verdict, finding } = judged(policyWith({}), 4 * MINUTE, (at) => blockAt(at, { fresh: 3 }));
    expect(verdict.reason).toMatch(
      /^logs: error cart\.Total "<\*> is null" is new: 1\d\d lines in 2,\d{3} requests, the stable had none in 2\d,\d{3}, which holds the canary$/,
    );
    expect(verdict.hold).toEqual({ cause: 'worse:logs', check: 'logs', urgency: 'after-max-hold' });
    expect(finding?.differences?.map(({ kind, effect, place, path }) => [kind, effect, place, path])).toEqual([
      ['new-template', 'breaking', 'cart.Total', FRESH],
    ]);
    expect(finding?.differences?.[0]?.firstSeen).toBe(30_000);
  });

  it('rolls back where the policy says so', () => {
    const { verdict } = judged(policyWith({ newErrors: 'rollback' }), 8 * MINUTE, (at) => blockAt(at, { fresh: 3 }));
    expect([verdict.name, verdict.worst]).toEqual(['harmful', 'logs']);
    expect(verdict.reason).toMatch(
      /^canary logs what the stable does not: error cart\.Total "<\*> is null" is new: .*; odds of a false alarm < 1 in 1,000$/,
    );
  });

  it('that both versions have is none of the canary', () => {
    const make = (at: number) => {
      const block = blockAt(at, { fresh: 3 });
      return {
        ...block,
        logs: { stable: logged(requestsAt(at).stable, { fresh: 2 }), canary: block.logs?.canary ?? null },
      };
    };
    expect(judged(policyWith({}), 4 * MINUTE, make).verdict.hold).toBeUndefined();
  });

  it('of blocks whose lines were not all read is none; they are left out and told', () => {
    const make = (at: number) => {
      const block = blockAt(at, at % 3 === 0 ? { fresh: 20, declined: 40 } : {});
      return at % 3 === 0 && block.logs ? { ...block, logs: { ...block.logs, incomplete: true as const } } : block;
    };
    const { verdict, finding } = judged(policyWith({}), 4 * MINUTE, make);
    expect(verdict.hold).toBeUndefined();
    expect(finding?.differences).toBeUndefined();
    expect(finding?.says).toMatch(/^logs: \d.*; 16 blocks left out, of which not all lines could be read$/);
  });

  it('of forced requests is none, and the blocks that have many are left out and told', () => {
    const forced = { forced: { stable: tallyOf(0), canary: tallyOf(20) } };
    const { verdict, finding } = judged(policyWith({}), 4 * MINUTE, (at) =>
      blockAt(at, { fresh: at % 3 === 0 ? 20 : 0, declined: at % 3 === 0 ? 40 : 0 }, at % 3 === 0 ? forced : {}),
    );
    expect(verdict.hold).toBeUndefined();
    expect(finding?.differences).toBeUndefined();
    expect(finding?.says).toMatch(
      /^logs: \d.*; 16 blocks left out, in which more than 5 % of the canary's requests were forced$/,
    );
  });

  it('of consumers whom a rule sends to the canary is none, and what all have is found beside them', () => {
    const ruled = { ruled: { stable: tallyOf(0), canary: tallyOf(20) } };
    const theirs = judged(policyWith({}), 8 * MINUTE, (at) => blockAt(at, { audit: 20 }, ruled));
    expect(theirs.finding?.differences).toBeUndefined();
    const everybody = judged(policyWith({}), 8 * MINUTE, (at) => blockAt(at, { audit: 30 }, ruled));
    expect(everybody.verdict.hold?.check).toBe('logs');
  });

  it('that is seen once, or in a warm-up, or of a pod that is just starting, is none', () => {
    const once = judged(policyWith({}), 4 * MINUTE, (at) => blockAt(at, { fresh: at === 7 ? 40 : 0 }));
    expect(once.finding?.differences).toBeUndefined();
    const warm = judgePolicy({ checks: { logs: {} }, judge: { block: '5s', warmUp: '4m' } });
    expect(judged(warm, 4 * MINUTE, (at) => blockAt(at, { fresh: 3 })).finding?.differences).toBeUndefined();
    const young = { addresses: ['10.0.0.4'], count: 1, until: 1e9, tally: tallyOf(3) };
    const joining = judged(policyWith({}), 4 * MINUTE, (at) => blockAt(at, { fresh: 3 }, { young: { canary: young } }));
    expect(joining.finding?.differences).toBeUndefined();
  });

  it('that is expected is told, and holds nothing', () => {
    const terms: Logs = { expect: [{ template: '^error cart[.]Total: ' }] };
    const { verdict, finding } = judged(policyWith(terms), 4 * MINUTE, (at) => blockAt(at, { fresh: 30 }));
    expect(verdict.hold).toBeUndefined();
    expect(finding?.differences?.map(({ effect }) => effect)).toEqual(['compatible']);
    expect(finding?.differences?.[0]?.says).toMatch(/, which is expected$/);
  });

  it('that is ignored is not counted at all', () => {
    for (const ignore of [[{ template: 'is null' }], [{ logger: 'cart.Total' }]] as const) {
      const { finding } = judged(policyWith({ ignore: [...ignore] }), 4 * MINUTE, (at) => blockAt(at, { fresh: 30 }));
      expect(finding?.differences).toBeUndefined();
    }
  });

  it('where keys are sticky holds, and rolls nothing back', () => {
    const make = (at: number) => blockAt(at, { fresh: 3, noUser: 1 }, { assignment: 'by-key' });
    const { verdict, finding } = judged(policyWith({ newErrors: 'rollback' }), 8 * MINUTE, make);
    expect([verdict.name, verdict.hold?.check]).toEqual(['undecided', 'logs']);
    expect(finding?.says).toMatch(/keys are sticky and the versions have users of their own/);
    expect(finding?.logParity).toBeNull();
  });
});

it('lines of mirrored requests are held against all that a version got', () => {
  const pairs = { compared: 30, unusable: 10, alone: 10, places: { 'GET /a 2xx': 30 }, fields: {} };
  const { finding } = judged(policyWith({}), 12, (at) => blockAt(at, {}, { pairs }));
  const without = judged(policyWith({}), 12, (at) => blockAt(at, {}));
  expect((finding?.requests.canary ?? 0) - (without.finding?.requests.canary ?? 0)).toBe(600);
  expect((finding?.requests.stable ?? 0) - (without.finding?.requests.stable ?? 0)).toBe(480);
});

describe('other differences', () => {
  it.each<[kind: string, canary: Partial<Record<string, number>>, says: RegExp]>([
    ['more-lines', { declined: 20 }, /^\d{3} error lines in 1,000 requests against [\d.]+$/],
    [
      'new-call',
      { audit: 40 },
      /^the call of http audit\.internal is new: .* calls in .* requests, the stable had none in/,
    ],
    ['lost-call', { calls: 0 }, /^the call of http payments\.internal is gone: 0 calls in .* requests against/],
    [
      'other-call-rate',
      { calls: 110 },
      /^the call of http payments\.internal: \d+ calls in 1,000 requests against 1000$/,
    ],
    ['lost-field', { noUser: 1 }, /^the log field user is gone: in 0 lines of .* requests against/],
  ])('%s holds, once', (kind, canary, says) => {
    const { verdict, finding } = judged(policyWith({}), 12 * MINUTE, (at) => blockAt(at, canary));
    expect(verdict.hold?.check).toBe('logs');
    const breaking = finding?.differences?.filter(({ effect }) => effect === 'breaking') ?? [];
    expect(breaking.map((difference) => difference.kind)).toEqual([kind]);
    expect(breaking[0]?.says).toMatch(says);
  });

  it('that only report hold nothing, nor do those of a dry run', () => {
    const terms: Logs = { calls: { lost: 'report', rate: { action: 'report' } } };
    const { verdict, finding } = judged(policyWith(terms), 8 * MINUTE, (at) => blockAt(at, { calls: 0 }));
    expect(verdict.hold).toBeUndefined();
    expect(finding?.differences?.map(({ kind, effect }) => [kind, effect])).toEqual([['lost-call', 'compatible']]);
    const dry = judged(policyWith({ dryRun: true }), 8 * MINUTE, (at) => blockAt(at, { fresh: 3 }));
    expect(dry.verdict.hold).toBeUndefined();
    expect(dry.finding?.says).toMatch(/\(report only\)$/);
  });

  it('beyond the bounds are said', () => {
    const { finding } = judged(policyWith({}), 2 * MINUTE, (at) => blockAt(at, { other: 10 }));
    expect(finding?.says).toMatch(/[\d.]+ % of the lines are beyond the templates that are told apart/);
  });
});

/** Both versions log texts of their clients, each another, beside which a new error of the canary finds no test. */
function flooded(at: number, texts: number, of: 'told apart' | 'unnamed'): Block {
  const block = blockAt(at, { fresh: 3 });
  const flood = (logs: LogCounts, track: string): LogCounts => {
    const names = Array.from({ length: texts }, (_, one) => `error shop: no coupon ${track} ${at} ${one}`);
    const named = of === 'unnamed' ? {} : Object.fromEntries(names.map((name) => [name, 1]));
    const { fields, calls, other, levels, templates } = logs;
    return {
      lines: logs.lines + texts,
      malformed: 0,
      levels: { ...levels, error: levels.error + texts },
      templates: { ...templates, ...named },
      fields,
      calls,
      other: of === 'unnamed' ? { ...other, templates: texts } : other,
    };
  };
  const { stable, canary } = block.logs ?? {};
  if (!stable || !canary) return block;
  return { ...block, logs: { stable: flood(stable, 'stable'), canary: flood(canary, 'canary') } };
}

describe('errors of which too many differ', () => {
  it.each(['told apart', 'unnamed'] as const)('are never at parity, and say what to do (%s)', (of) => {
    const { verdict, finding } = judged(policyWith({}), 5 * MINUTE, (at) => flooded(at, 100, of));
    expect(verdict.name).toBe('blind');
    expect(verdict.reason).toMatch(
      /[\d,]+ of [\d,]+ error lines of the canary are of templates that found no test, .*: a new error may be among them\. Name their/,
    );
    expect(finding?.says).toContain('checks.logs.ignore');
  });

  it('wait for nothing where they are few, or where new errors only report', () => {
    const few = judged(policyWith({}), 5 * MINUTE, (at) => blockAt(at, { other: 0 }));
    expect(few.verdict.hold).toBeUndefined();
    const reported = judged(policyWith({ newErrors: 'report' }), 5 * MINUTE, (at) => flooded(at, 100, 'told apart'));
    expect(reported.verdict.name).not.toBe('blind');
  });
});

describe('a version of which no lines come', () => {
  const reasonOf = (logs: Logs, make: (at: number) => Block, blocks = 4 * MINUTE) =>
    judged(policyWith(logs), blocks, make).verdict;

  it('are blind while lines of theirs stay unread, and judged again as soon as all are read', () => {
    const unread = (at: number) => {
      const block = blockAt(at, {});
      const isUnread = at >= MINUTE && at < 3 * MINUTE && block.logs !== undefined;
      return isUnread ? { ...block, logs: { ...block.logs, incomplete: true as const } } : block;
    };
    const verdict = reasonOf({}, unread, 3 * MINUTE);
    expect(verdict.name).toBe('blind');
    expect(verdict.reason).toMatch(/not all log lines of the last 2 ?min could be read, so that nothing was compared/);
    expect(reasonOf({}, unread, 3 * MINUTE + 1).name).not.toBe('blind');
  });

  it('makes the verdict blind once it served requests for long enough', () => {
    const silent = (at: number) => blockAt(at, at < MINUTE ? {} : null);
    const verdict = reasonOf({}, silent);
    expect([verdict.name, verdict.worst]).toEqual(['blind', 'logs']);
    expect(verdict.reason).toMatch(
      /^no log lines of the canary for 3 min, while it served 1,9\d\d requests, of about 1,9\d\d that were due: its logs cannot be judged until they come again; docs\/logs\.md says/,
    );
    expect(reasonOf({ silentAfter: '5m' }, silent).name).not.toBe('blind');
    expect(reasonOf({ dryRun: true }, silent).name).not.toBe('blind');
    expect(judged(policyWith({}), 4 * MINUTE, silent, ['logs']).verdict.name).not.toBe('blind');
  });

  it('is told from a good one that logs little, which is compared and promoted', () => {
    const sparse = (lines: number): LogCounts => ({
      ...logged(0, { declined: lines }),
      fields: {},
      calls: {},
    });
    // Of eight blocks of the stable one has a line: fewer than one is due of the canary in five minutes.
    const make = (at: number) => {
      const block = blockAt(at, {});
      return { ...block, logs: { stable: sparse(at % 8 === 0 ? 1 : 0), canary: null } };
    };
    const policy = policyWith({});
    const alone = Array.from({ length: 10 * MINUTE }, (_, at) => ({ ...make(at - 10 * MINUTE), canary: tallyOf(0) }));
    let seen = look(policy, openJudgement(policy), inputOf(alone, { step: INSIDE }));
    for (let at = 0; at < 5 * MINUTE; at += 1) seen = look(policy, seen.state, inputOf([make(at)]));
    expect(seen.verdict.name).not.toBe('blind');
    const finding = seen.verdict.findings.find(({ check }) => check === 'logs');
    expect(finding?.requests.canary).toBeGreaterThan(3_000);
    expect(finding?.logParity).toBeGreaterThanOrEqual(finding?.logParityThreshold ?? 99);
    expect(finding?.says).toMatch(
      /; no line of the canary for 5 min, which counts as none: its 3,\d{3} requests are too few to expect a line \(about \d\.\d\)$/,
    );
  });

  it('is told from one that nobody asks anything', () => {
    const idle = { ...tallyOf(0), requests: 0 };
    const verdict = reasonOf({}, (at) => blockAt(at, at < MINUTE ? {} : null, at < MINUTE ? {} : { canary: idle }));
    expect(verdict.name).not.toBe('blind');
  });

  it('is told from a route whose logs nobody sends', () => {
    const none = (at: number): Block => {
      const { logs: _, ...block } = blockAt(at, {});
      return block;
    };
    const after = (policy: Policy) => {
      let seen = look(policy, openJudgement(policy), inputOf([none(0)]));
      for (let at = 1; at < 3 * MINUTE; at += 1) seen = look(policy, seen.state, inputOf([none(at)]));
      return seen;
    };
    const seen = after(policyWith({}));
    expect(seen.verdict.name).toBe('blind');
    const { verdict } = after(policyWith({ unsent: 'report' }));
    expect([verdict.name, verdict.hold]).toEqual([expect.not.stringMatching('blind'), undefined]);
    expect(verdict.findings.find(({ check }) => check === 'logs')).toMatchObject({
      logParity: null,
      says: expect.stringMatching(/^logs: nobody sends the logs of this route: /),
    });
    expect(seen.verdict.reason).toMatch(
      /^nobody sends the logs of this route: none of either version has come in 3 min, /,
    );
    expect(seen.verdict.reason).toMatch(/docs\/logs\.md/);
    const never = reasonOf({}, (at) => blockAt(at, null));
    expect(never.reason).toMatch(/^no log lines of the canary have ever come, 4 min by now, while it served/);
  });
});

it('what is remembered of logs is plain JSON, moves with the clock, and goes on after a restart', () => {
  const policy = policyWith({});
  const { state } = judged(policy, 2 * MINUTE + 2, (at) => blockAt(at, { fresh: 3 }));
  expect(JSON.parse(JSON.stringify(state.checks.logs))).toEqual(state.checks.logs);
  const input = inputOf([blockAt(2 * MINUTE + 2, { fresh: 3 })]);
  expect(look(policy, JSON.parse(JSON.stringify(state)), input)).toEqual(look(policy, state, input));
  const { logs: _, ...older } = state.checks;
  const recalled = look(policy, { ...state, checks: older } as JudgeState, input).state.checks.logs;
  expect(recalled?.heard.canary.everSpoke).toBe(true);
});
