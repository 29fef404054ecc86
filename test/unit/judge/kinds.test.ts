import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import { whyRateHolds } from '../../../src/parity/rate.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { briskPolicy, judgePolicy, ROUND_WEIGHTS } from '../../support/judge-policy.ts';
import { seededRandom } from '../../support/random.ts';
import { binomialCount } from '../../support/random-counts.ts';

const policy = briskPolicy();
const looks = (count: number, [stable, canary]: readonly [stable: number, canary: number]) =>
  lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, (startedAt) =>
    blockOf({
      startedAt,
      stable: { ...tallyOf(900), empty: stable },
      canary: { ...tallyOf(100), empty: canary },
    }),
  ).verdict;
const emptyIn = ({ findings }: ReturnType<typeof looks>) => findings.find(({ check }) => check === 'empty');

describe('empty answers', () => {
  it('in a third of the time hold a canary, and do not roll it back', () => {
    const verdict = looks(90, [0, 33]);
    expect(verdict).toMatchObject({ name: 'undecided', worst: 'empty', hold: { cause: 'worse:empty' } });
    expect(verdict.reason).toBe(
      "33 % of the canary's requests got an empty answer, 0 % of the stable's, more than 100 % + 5 pp above the stable, which holds the canary",
    );
    expect(emptyIn(verdict)?.rollbackMargin).toBe('50 % of the other answers lost; more than 100 % + 5 pp holds');
  });

  it('still hold in the next step, which asks for no more requests while they do', () => {
    const before = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 90 }, (startedAt) =>
      blockOf({ startedAt, stable: tallyOf(900), canary: { ...tallyOf(100), empty: 33 } }),
    );
    const few = blockOf({ startedAt: 90_000, stable: tallyOf(9), canary: tallyOf(1) });
    const next = look(policy, before.state, inputOf([few], { step: weightStep({ index: 1 }) })).verdict;
    expect(next).toMatchObject({ name: 'undecided', hold: { cause: 'worse:empty' }, needs: null });
    expect(next.reason).toBe(
      'empty answers were more than 100 % + 5 pp above the stable earlier in this rollout, which still holds the canary',
    );
  });

  it('of both alike are at parity, and none are no finding', () => {
    const alike = looks(90, [180, 20]);
    expect([alike.name, alike.hold]).toEqual(['at-parity', undefined]);
    expect(emptyIn(looks(90, [0, 0]))).toBeUndefined();
  });

  it('that only a quiet canary gives hold it, though its blocks are merged', () => {
    const make = (startedAt: number) =>
      blockOf({
        startedAt,
        durationMs: 5_000,
        stable: tallyOf(5),
        canary: startedAt % 10_000 === 0 ? { ...tallyOf(1), empty: startedAt % 20_000 === 0 ? 1 : 0 } : tallyOf(0),
      });
    let state = openJudgement(policy);
    let verdict = looks(1, [0, 0]);
    for (let startedAt = 0; startedAt < 3_600_000; startedAt += 5_000) {
      const result = look(policy, state, inputOf([make(startedAt)]));
      state = result.state;
      verdict = result.verdict;
    }
    expect(verdict).toMatchObject({ name: 'undecided', hold: { cause: 'worse:empty' } });
    expect(verdict.reason).toMatch(/^50 % of the canary's requests got an empty answer, 0 % of the stable's/);
  });

  it('that were too many are told from those that are', () => {
    const finding = emptyIn(looks(90, [180, 20]));
    if (!finding) throw new Error('a finding');
    const why = (canary: number) =>
      whyRateHolds(policy.spec.checks, 'empty', {
        ...finding,
        stable: 0,
        canary,
        inWords: 'as it is',
      });
    expect(why(0.15)).toBe('as it is, more than 100 % + 5 pp above the stable, which holds the canary');
    expect(why(0.01)).toBe(
      'empty answers were more than 100 % + 5 pp above the stable earlier in this rollout, which still holds the canary',
    );
  });
});

/** Answers of a version by status; 2xx of these are without content, all others have some. */
type Given = Readonly<Record<number, number>>;

const answering = (requests: number, given: Given, parts: Parameters<typeof tallyOf>[1] = {}) => {
  const without = Object.entries(given).filter(([status]) => status.startsWith('2'));
  const empty = without.reduce((sum, [, count]) => sum + count, 0);
  const seldom = Object.keys(given).length === 0 ? {} : { statuses: given };
  return { ...tallyOf(requests, parts), ...seldom, ...(empty === 0 ? {} : { empty }) };
};

const PAST = 30;

/** The stable alone for half a minute, then both. */
function compare(
  judged: typeof policy,
  count: number,
  [stable, canary]: readonly [stable: Given, canary: Given],
  parts: { readonly stable?: object; readonly canary?: object } = {},
) {
  const alone = lookRepeatedly(judged, openJudgement(judged), { from: 0, count: PAST }, (startedAt) =>
    blockOf({ startedAt, canaryBps: 0, canary: null, stable: answering(900, stable, parts.stable) }),
  );
  return lookRepeatedly(judged, alone.state, { from: PAST * 1_000, count }, (startedAt) =>
    blockOf({
      startedAt,
      stable: answering(900, stable, parts.stable),
      canary: answering(100, canary, parts.canary),
    }),
  ).verdict;
}

describe('a canary that answers otherwise', () => {
  it.each<[string, string, Given, Given, string]>([
    [
      'with redirects',
      'redirects',
      { 302: 2 },
      { 302: 98 },
      "98 % of the canary's requests were redirected (302), 0.22 % of the stable's (margin 50 % of the other answers lost; " +
        'more than 100 % + 5 pp holds), 300 against 2,700 requests in 3 s; odds of a false alarm < 1 in 1,000',
    ],
    [
      'with several redirects',
      'redirects',
      {},
      { 301: 40, 307: 58 },
      "98 % of the canary's requests were redirected (307, 301), 0 % of the stable's",
    ],
    [
      'with 204',
      'empty',
      {},
      { 204: 100 },
      "100 % of the canary's requests got an empty answer (204), 0 % of the stable's",
    ],
    [
      'with 304',
      'unmodified',
      { 304: 270 },
      { 304: 100 },
      "100 % of the canary's requests were told that nothing was modified (304), 30 % of the stable's",
    ],
    [
      'with content',
      'withContent',
      { 302: 540 },
      {},
      "100 % of the canary's requests were answered with content, 40 % of the stable's",
    ],
    [
      'with 101',
      'otherAnswers',
      {},
      { 101: 99 },
      "99 % of the canary's requests got an answer that is no 2xx, redirect or error (101), 0 % of the stable's",
    ],
  ])('%s to nearly everything is rolled back in three blocks, which is said', (_, worst, stable, canary, reason) => {
    expect(compare(policy, 2, [stable, canary]).name).not.toBe('harmful');
    const verdict = compare(policy, 3, [stable, canary]);
    expect(verdict).toMatchObject({ name: 'harmful', worst });
    expect(verdict.reason.startsWith(reason)).toBe(true);
  });

  it('to a fifth is held, and not rolled back', () => {
    const verdict = compare(policy, 90, [{ 302: 9 }, { 302: 20 }]);
    expect(verdict).toMatchObject({ name: 'undecided', hold: { cause: 'worse:redirects' } });
    expect(verdict.reason).toBe(
      "20 % of the canary's requests were redirected (302), 1 % of the stable's, more than 100 % + 5 pp above the stable, which holds the canary",
    );
  });

  it('is rolled back while it warms up as well', () => {
    const warming = judgePolicy({ judge: { block: '1s' } });
    expect(compare(warming, 3, [{}, { 302: 100 }])).toMatchObject({ name: 'harmful', worst: 'redirects' });
  });

  it.each<[string, Parameters<typeof judgePolicy>[0]]>([
    ['the policy says so', { checks: { kinds: { rollback: 'off' } } }],
    ['nothing was left of the budget, as in a policy from before', { judge: { weights: ROUND_WEIGHTS, warmUp: '0s' } }],
  ])('only holds where %s', (_, spec) => {
    const verdict = compare(judgePolicy(spec), 60, [{}, { 302: 100 }]);
    expect([verdict.name, verdict.hold?.cause]).toEqual(['undecided', 'worse:redirects']);
  });

  it('only reports in a dry run', () => {
    const verdict = compare(judgePolicy({ checks: { kinds: { dryRun: true } } }), 60, [{}, { 302: 100 }]);
    expect(verdict.hold?.check).not.toBe('redirects');
    expect(verdict.name).not.toBe('harmful');
    expect(verdict.findings.find(({ check }) => check === 'redirects')?.dryRun).toBe(true);
  });
});

describe('answers of another kind that are no harm', () => {
  it.each<[string, Given, Given, { readonly stable?: object; readonly canary?: object }]>([
    ['both redirect 40 %', { 302: 360 }, { 302: 40 }, {}],
    ['both redirect all', { 302: 900 }, { 302: 100 }, {}],
    ['both answer 204 alone', { 204: 900 }, { 204: 100 }, {}],
    ['content where clients held what the stable had sent', { 304: 540 }, {}, {}],
    ['redirects of what the stable refused', {}, { 302: 30 }, { stable: { clientErrors: 270 } }],
    ['content of what the stable failed at', { 302: 270 }, { 302: 30 }, { stable: { errors: 450 } }],
  ])('%s', (_, stable, canary, parts) => {
    for (const count of [1, 2, 3, 10, 90]) {
      const { name, hold } = compare(policy, count, [stable, canary], parts);
      expect([count, name === 'harmful' || name === 'suspect', hold?.cause]).toEqual([count, false, undefined]);
    }
  });

  it('never hold where chance alone deals them, drifting from 5 to 75 %', () => {
    const random = seededRandom(51);
    let state = openJudgement(policy);
    const holds = new Set<string>();
    for (let at = 0; at < 600; at += 1) {
      const share = 0.4 - 0.35 * Math.cos(at / 50);
      const given = (requests: number): Given => ({ 302: binomialCount(random, requests, share) });
      const canary = binomialCount(random, 100, 0.1) + 1;
      const block = blockOf({
        startedAt: at * 1_000,
        assignment: 'per-request',
        stable: answering(100, given(100)),
        canary: answering(canary, given(canary)),
      });
      const seen = look(policy, state, inputOf([block]));
      state = seen.state;
      if (seen.verdict.hold) holds.add(seen.verdict.hold.cause);
      expect(seen.verdict.name).not.toBe('harmful');
    }
    expect([...holds].filter((cause) => /empty|redirects|unmodified|content|otherAnswers/.test(cause))).toEqual([]);
  });
});

describe('kinds of which nothing was ever seen', () => {
  it('remember what each would alone, restored from JSON or not', () => {
    const unmodified = (requests: number) => answering(requests, { 304: requests });
    const make = (startedAt: number) => blockOf({ startedAt, stable: unmodified(900), canary: unmodified(100) });
    const { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 5 }, make);
    const restored = lookRepeatedly(
      policy,
      JSON.parse(JSON.stringify(lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 2 }, make).state)),
      { from: 2_000, count: 3 },
      make,
    ).state;
    expect(restored.checks).toEqual(state.checks);
    const { redirects, empty, otherAnswers, withContent } = state.checks;
    expect([empty, otherAnswers]).toEqual([redirects, redirects]);
    expect(withContent.isSeen).toBe(false);
    // Content is excused by what clients held, the others are not.
    expect([redirects.stable.events, withContent.stable.events > 4_000]).toEqual([0, true]);
  });
});
