import { describe, expect, it } from 'vitest';
import { type JudgeState, type Look, look, openJudgement } from '../../../src/judge/judge.ts';
import { locate } from '../../../src/judge/locate.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import type { Block } from '../../../src/stats/block.ts';
import type { SliceBlock } from '../../../src/stats/slice.ts';
import { inputOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { type MixedOutcome, type MixedTraffic, mixedBlocks, unevenParts } from '../../support/mixed-traffic.ts';
import { seededRandom } from '../../support/random.ts';

const policy = judgePolicy();
const WELL: MixedOutcome = { errors: 0.001, clientErrors: 0.01, medianMs: 40 };

const TRAFFIC: MixedTraffic = {
  requestsPerSecond: 100,
  canaryBps: 1_000,
  endpoints: unevenParts('/', 20, { name: '/pay', part: 0.01 }),
  consumers: unevenParts('c', 10, { name: 'acme', part: 0.05 }),
  outcome: () => WELL,
};

interface Found {
  readonly held: number | null;
  readonly rolledBack: number | null;
  readonly last: Look;
}

/** Looks at each block until the canary is rolled back: when it was first held, and when it was not there any more. */
function run(next: () => Block, blocks: number, of: Policy = policy, change = (block: Block) => block): Found {
  let state = openJudgement(of);
  let held: number | null = null;
  let last: Look | null = null;
  for (let index = 0; index < blocks; index += 1) {
    const found = look(of, state, inputOf([change(next())]));
    ({ state } = found);
    last = found;
    const { name, hold } = found.verdict;
    if (held === null && (name === 'suspect' || name === 'harmful' || hold?.check === 'slices')) held = index;
    if (name === 'harmful') return { held, rolledBack: index, last };
  }
  if (last === null) throw new Error('there was no look');
  return { held, rolledBack: null, last };
}

const seconds = (index: number | null) => (index === null ? Number.POSITIVE_INFINITY : (index + 1) * 5);

describe('a canary that is worse in a small part of the traffic', () => {
  it('is held and rolled back for one consumer whose requests are refused', () => {
    const refused = (track: string, consumer: string) => track === 'canary' && consumer === 'acme';
    const next = mixedBlocks(seededRandom(1), {
      ...TRAFFIC,
      outcome: (track, _, consumer) => (refused(track, consumer) ? { ...WELL, clientErrors: 1 } : WELL),
    });
    const tables: SliceBlock[] = [];
    const kept = (block: Block): Block => {
      if (block.slices !== undefined) tables.push({ ...block, ...block.slices });
      return block;
    };
    const { held, rolledBack, last } = run(next, 120, policy, kept);
    expect(seconds(held)).toBeLessThanOrEqual(120);
    expect(seconds(rolledBack)).toBeLessThanOrEqual(180);
    expect(last.verdict.worst).toBe('slices');
    const sentence =
      /^canary 4xx answers for consumer acme 100 % against [\d.]+ % \(margin 100 % \+ 10 pp\), \d+ against \d+ recent requests; odds of a false alarm < 1 in 1,000/;
    expect(last.verdict.reason).toMatch(sentence);
    const located = locate(policy, last, tables).verdict;
    expect(located.reason).toMatch(
      new RegExp(
        `${sentence.source}; worst: consumer acme [\\d.]+ % with 4xx against [\\d.]+ %, \\d+ against [\\d,]+ requests, most of it status 401$`,
      ),
    );
    expect(located.where).toMatchObject({ measure: 'clientErrors', slices: [{ name: 'acme' }] });
  });

  it('is held and rolled back for an endpoint that fails always', () => {
    const next = mixedBlocks(seededRandom(2), {
      ...TRAFFIC,
      endpoints: unevenParts('/', 20, { name: '/pay', part: 0.003 }),
      outcome: (track, endpoint) => (track === 'canary' && endpoint === '/pay' ? { ...WELL, errors: 1 } : WELL),
    });
    const { held, rolledBack, last } = run(next, 240);
    expect(seconds(held)).toBeLessThanOrEqual(8 * 60);
    expect(seconds(rolledBack)).toBeLessThanOrEqual(12 * 60);
    expect(last.verdict.reason).toMatch(/^canary errors at GET \/pay/);
  });

  it('is held and rolled back for a fast endpoint that takes five times as long', () => {
    const next = mixedBlocks(seededRandom(3), {
      ...TRAFFIC,
      outcome: (track, endpoint) => {
        if (endpoint !== '/pay') return WELL;
        return { ...WELL, medianMs: track === 'canary' ? 10 : 2 };
      },
    });
    const { rolledBack, last } = run(next, 240);
    expect(seconds(rolledBack)).toBeLessThanOrEqual(9 * 60);
    expect(last.verdict.reason).toMatch(/^canary slow answers at GET \/pay/);
  });
});

describe('the check of single slices', () => {
  const failing = {
    ...TRAFFIC,
    outcome: (track: string, endpoint: string) =>
      track === 'canary' && endpoint === '/pay' ? { ...WELL, errors: 1 } : WELL,
  };

  it('finds nothing in equal versions, and remembers in little space', () => {
    const { held, rolledBack, last } = run(mixedBlocks(seededRandom(4), TRAFFIC), 360);
    expect([held, rolledBack]).toEqual([null, null]);
    const finding = last.verdict.findings.find(({ check }) => check === 'slices');
    expect(finding).toMatchObject({ budgetWeight: expect.closeTo(0.11, 1) });
    expect(finding?.says).toBe('single endpoints and consumers: none of 33 is worse than its margin so far');
    const { places } = last.state.checks.slices;
    expect(JSON.stringify(places).length / places.length).toBeLessThan(520);
  });

  it('goes on from what was stored as if nothing had happened', () => {
    const plain = (state: JudgeState): JudgeState => JSON.parse(JSON.stringify(state)) as JudgeState;
    const [kept, restarted] = [0, 1].map((times) => {
      const next = mixedBlocks(seededRandom(14), failing);
      let state = openJudgement(policy);
      for (let at = 0; at < 40; at += 1) {
        ({ state } = look(policy, state, inputOf([next()])));
        if (times > 0) state = plain(state);
      }
      return plain(state).checks.slices;
    });
    expect(restarted).toEqual(kept);
    expect(kept?.places.length).toBeGreaterThan(30);
  });

  it('says nothing where no slices are measured', () => {
    const unsliced = (block: Block): Block => {
      const { slices, ...rest } = block;
      return slices === undefined ? block : rest;
    };
    const { last } = run(mixedBlocks(seededRandom(5), failing), 20, policy, unsliced);
    expect(last.verdict.findings.map(({ check }) => check)).not.toContain('slices');
    expect(last.state.checks.slices.places).toEqual([]);
  });

  it('takes no part where sticky keys decide who gets which version', () => {
    const byKey = (block: Block): Block =>
      block.slices === undefined ? block : { ...block, slices: { ...block.slices, assignment: 'by-key' } };
    const { last } = run(mixedBlocks(seededRandom(5), failing), 20, policy, byKey);
    expect(last.state.checks.slices.places).toEqual([]);
  });

  it('reports only where the policy says so', () => {
    const reported = judgePolicy({ checks: { slices: { dryRun: true } } });
    const rare = { ...failing, endpoints: unevenParts('/', 20, { name: '/pay', part: 0.003 }) };
    const { held, last } = run(mixedBlocks(seededRandom(6), rare), 120, reported);
    expect(held).toBeNull();
    expect(last.verdict.findings.find(({ check }) => check === 'slices')).toMatchObject({
      dryRun: true,
      budgetWeight: 0,
      says: expect.stringMatching(/^canary errors at GET \/pay 100 % .* \(report only\)$/),
    });
  });

  it('holds for an address of the canary, and does not roll back', () => {
    const next = mixedBlocks(seededRandom(7), {
      ...TRAFFIC,
      requestsPerSecond: 40,
      addresses: { stable: ['10.0.0.1', '10.0.0.2', '10.0.0.3'], canary: ['10.0.1.1', '10.0.1.2', '10.0.1.3'] },
      outcome: (_, __, ___, address) => (address === '10.0.1.2' ? { ...WELL, medianMs: 80 } : WELL),
    });
    const alone = judgePolicy({
      checks: {
        latency: Object.fromEntries(['p50', 'p99', 'dominance'].map((name) => [name, { dryRun: true }])),
      },
      judge: { weights: { errors: 0.5, p50: 0, p95: 0, p99: 0, slices: 0.1, guards: 0 } },
    });
    const { rolledBack, last } = run(next, 60, alone);
    expect(rolledBack).toBeNull();
    expect(last.verdict).toMatchObject({ name: 'undecided', worst: 'slices', hold: { cause: 'worse:slices' } });
    expect(last.verdict.reason).toMatch(
      /^canary slow answers at upstream 10\.0\.1\.2 [\d.]+ % against [\d.]+ %, .*: chance does not assign addresses, so this holds the canary and does not roll it back$/,
    );
  });

  it('uses a block whose slices do not fit for nothing', () => {
    const next = mixedBlocks(seededRandom(8), TRAFFIC);
    const [block] = [next(), next()];
    const broken = { ...block, slices: { ...block.slices, canary: [1, 2, 3] } } as unknown as Block;
    const { verdict } = look(policy, openJudgement(policy), inputOf([broken]));
    expect(verdict.name).toBe('blind');
    expect(verdict.reason).toBe('a block of measurements is unusable: the slices of the canary do not fit their names');
  });
});

describe('a canary with a single address beside many of the stable', () => {
  it('has a wider margin of latency, and the sentence of its rollback names the address', () => {
    const warm = judgePolicy({ judge: { warmUp: '0s' } });
    const next = mixedBlocks(seededRandom(9), {
      ...TRAFFIC,
      addresses: { stable: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'], canary: ['10.0.1.1'] },
      outcome: (track) => (track === 'canary' ? { ...WELL, medianMs: 60 } : WELL),
    });
    const tables: SliceBlock[] = [];
    const { rolledBack, last } = run(next, 120, warm, (block) => {
      if (block.slices !== undefined) tables.push({ ...block, ...block.slices });
      return block;
    });
    expect(rolledBack).not.toBeNull();
    const { reason, where, findings } = locate(warm, last, tables).verdict;
    expect(findings.find(({ check }) => check === 'p50')?.rollbackMargin).toBe('6.1 %');
    expect(where?.address).toBe('10.0.1.1');
    expect(reason).toMatch(/; the canary has one address, 10\.0\.1\.1: a slow machine there would look the same$/);
  });
});
