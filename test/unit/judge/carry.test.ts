import { describe, expect, it } from 'vitest';
import {
  type Arrivals,
  type Carried,
  type Carry,
  carryOn,
  NO_ARRIVALS,
  stepArrivals,
} from '../../../src/judge/carry.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import type { Block, Tally } from '../../../src/stats/block.ts';
import { addTallies } from '../../../src/stats/tallies.ts';
import { blockOf, inputOf, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { poisson, seededRandom } from '../../support/random.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';

const KNOWN = { stretch: '1 judged', phi: { rate: 1, latency: 1 }, past: 'learnt' } as const;
/** One request a second: at 10 % the canary's two are to be expected in 20 s. */
const QUIET: Arrivals = { requests: 600, ms: 600_000 };
const small = (stable: number, canary: number, parts: Partial<Block> = {}) =>
  blockOf({ durationMs: 5_000, stable: tallyOf(stable), canary: tallyOf(canary), ...parts });
const drawn = (stable: number, canary: number) => small(stable, canary, { assignment: 'per-request' });

/** Feeds the blocks one by one, and returns what each of them gave. */
function feed(blocks: readonly Block[], traffic = QUIET): readonly Carried[] {
  let carry: Carry | null = null;
  return blocks.map((block) => {
    const carried = carryOn(carry, block, traffic, KNOWN);
    carry = carried.carry;
    return carried;
  });
}

describe('two tallies', () => {
  it('together have every count of both', () => {
    // Shadow groups and forced answers are read from the blocks themselves.
    const one: Omit<Required<Tally>, 'groups' | 'answers'> = {
      requests: 10,
      errors: 1,
      clientErrors: 2,
      empty: 3,
      statuses: { 204: 3, 302: 1 },
      unanswered: 4,
      latency: { 5: 6 },
      latencyOf: 'all-answers',
      slower: { answers: 7, above: [{ ms: 25, count: 5 }] },
      content: { sampled: 8, unread: 1, unreadAs: { 'text/html': 1 }, failed: 2, partial: 3 },
      streams: { ended: 6, unfinished: 2 },
      values: { queries: { asked: 9, missing: 2, unusable: 1, counts: { 768: 6 } } },
      categories: { finish: { stop: 5, length: 1 } },
      shapes: { 'GET /a 2xx': { answers: 3, facts: { 'string /name': 2 } } },
      shapesUnread: { 'too long': 1 },
    };
    expect(addTallies(one, one)).toEqual({
      requests: 20,
      errors: 2,
      clientErrors: 4,
      empty: 6,
      statuses: { 204: 6, 302: 2 },
      unanswered: 8,
      latency: { 5: 12 },
      latencyOf: 'all-answers',
      slower: { answers: 14, above: [{ ms: 25, count: 10 }] },
      content: { sampled: 16, unread: 2, unreadAs: { 'text/html': 2 }, failed: 4, partial: 6 },
      streams: { ended: 12, unfinished: 4 },
      values: { queries: { asked: 18, missing: 4, unusable: 2, counts: { 768: 12 } } },
      categories: { finish: { stop: 10, length: 2 } },
      shapes: { 'GET /a 2xx': { answers: 6, facts: { 'string /name': 4 } } },
      shapesUnread: { 'too long': 2 },
    });
    expect(addTallies(one, null)).toEqual(one);
  });
});

describe('a block', () => {
  it('counts at once where it holds enough, or where the traffic is not known yet', () => {
    for (const traffic of [NO_ARRIVALS, { requests: 60_000, ms: 600_000 }]) {
      const block = drawn(9, 1);
      expect(carryOn(null, block, traffic, KNOWN)).toEqual({
        phi: KNOWN.phi,
        past: KNOWN.past,
        settled: block,
        compared: block,
        drawn: null,
        carry: null,
      });
    }
  });

  it('of little traffic is merged with those after it, until a time that was fixed before the first', () => {
    const fed = feed([small(5, 0), small(4, 1), small(3, 0), small(5, 1)]);
    for (const { settled, compared } of fed.slice(0, 3)) {
      expect(settled).toMatchObject({ stable: null, canary: null, durationMs: 0 });
      expect(compared).toEqual(settled);
    }
    const last = fed.at(-1);
    expect(last?.settled).toMatchObject({ durationMs: 20_000, stable: { requests: 17 }, canary: { requests: 2 } });
    expect(last?.settled.stable?.latency).toEqual(tallySum([5, 4, 3, 5]));
    expect(last?.compared).toEqual(last?.settled);
    expect(last?.carry).toBeNull();
  });

  it('has no logs: those are compared in intervals of their own', () => {
    const logs = { stable: null, canary: null };
    const fed = feed([1, 2, 3, 4].map(() => ({ ...small(4, 1), logs })));
    for (const { settled, compared } of fed) expect([settled.logs, compared.logs]).toEqual([undefined, undefined]);
  });

  it('is merged no longer than 10 min, and not beyond a hundred requests of both versions together', () => {
    const idle: Arrivals = { requests: 1, ms: 600_000 };
    const ended = feed(Array(200).fill(small(0, 0)), idle).findIndex(({ carry }) => carry === null);
    expect(ended).toBe(600_000 / 5_000 - 1);
    expect(feed([small(0, 0), small(90, 9), small(1, 0)], idle).map(({ carry }) => carry === null)).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('is not merged over a change of the split or of the phase', () => {
    const { carry } = carryOn(null, small(5, 1), QUIET, KNOWN);
    const next = carryOn(carry, small(4, 0), QUIET, { ...KNOWN, stretch: '1 warm-up' });
    expect(next.carry).toMatchObject({ stable: { requests: 4 }, durationMs: 5_000 });
  });

  it('that was drawn is evidence of harm by itself, while it is merged for parity', () => {
    const blocks = [drawn(5, 0), drawn(4, 1), drawn(3, 0), drawn(5, 1)];
    const fed = feed(blocks);
    expect(fed.map(({ compared }) => compared)).toEqual(blocks);
    expect(fed.map((carried) => carried.drawn)).toEqual([0.1, 0.1, 0.1, 0.1]);
    expect(fed.map(({ settled }) => settled.durationMs)).toEqual([0, 0, 0, 20_000]);
  });

  it('counts once, however the requests of its neighbours were assigned', () => {
    const begun = feed([drawn(5, 1), small(4, 1), drawn(3, 0), drawn(5, 1)]);
    expect(begun.map(({ compared }) => compared.canary?.requests ?? null)).toEqual([1, null, 0, 1]);
    expect(begun.map((carried) => carried.drawn)).toEqual([0.1, null, 0.1, 0.1]);
    const merged = feed([small(5, 1), drawn(4, 1), drawn(3, 0), drawn(5, 1)]);
    expect(merged.map(({ compared }) => compared.canary?.requests ?? null)).toEqual([null, null, null, 3]);
    expect(merged.at(-1)?.compared.assignment).toBeUndefined();
    const sticky = feed([small(5, 1, { assignment: 'by-key' }), small(4, 1), small(3, 0), small(5, 1)]);
    expect(sticky.at(-1)?.compared.assignment).toBe('by-key');
  });

  it('is divided by what was known when its merging began', () => {
    const { carry } = carryOn(null, small(5, 1), QUIET, KNOWN);
    const next = carryOn(carry, small(4, 0), QUIET, { ...KNOWN, phi: { rate: 7, latency: 7 }, past: 'frozen' });
    expect(next).toMatchObject({ phi: KNOWN.phi, past: 'learnt' });
  });
});

describe('the traffic', () => {
  it('is that of both versions, with a half-life of 10 min', () => {
    const first = stepArrivals(NO_ARRIVALS, small(4, 1));
    expect(first).toEqual({ requests: 5, ms: 5_000 });
    const later = stepArrivals(first, small(0, 0, { durationMs: 600_000 }));
    expect(later).toEqual({ requests: 2.5, ms: 602_500 });
  });
});

describe('a service with one request in two seconds', () => {
  const policy = judgePolicy({ judge: { block: '5s', warmUp: '0s' } });
  const judged = (assignment: Partial<Block>, share: { stable: number; canary: number }, blocks: number) => {
    const random = seededRandom(7);
    let state = openJudgement(policy);
    const fails = (requests: number, rate: number) =>
      Array.from({ length: requests }, () => random() < rate).filter(Boolean).length;
    const tally = (mean: number, rate: number) => {
      const requests = poisson(random, mean);
      return { ...NO_TALLY, requests, errors: fails(requests, rate) };
    };
    for (let at = -120; ; at += 1) {
      const block = blockOf({
        startedAt: (at + 120) * 5_000,
        durationMs: 5_000,
        splitEpoch: at < 0 ? 1 : 2,
        canaryBps: at < 0 ? 0 : 1_000,
        stable: tally(at < 0 ? 2.5 : 2.25, share.stable),
        canary: at < 0 ? NO_TALLY : tally(0.25, share.canary),
        ...assignment,
      });
      const input = inputOf([block], { step: weightStep({ splitEpoch: 2 }) });
      const { state: next, verdict } = look(policy, state, input);
      state = next;
      if (verdict.name === 'harmful' || at >= blocks) return { verdict, minutes: (at * 5) / 60 };
    }
  };

  it.each<[string, Partial<Block>]>([
    ['drawn by the gateway', { assignment: 'per-request' }],
    ['split by another router', {}],
  ])('finds a canary that fails always, with requests %s', (_, assignment) => {
    const { verdict, minutes } = judged(assignment, { stable: 0.001, canary: 1 }, 360);
    expect(verdict.name).toBe('harmful');
    expect(minutes).toBeLessThan(10);
  });

  it('blames no canary that fails as the stable does', () => {
    const { verdict } = judged({ assignment: 'per-request' }, { stable: 0.2, canary: 0.2 }, 2_000);
    expect(verdict.name).not.toBe('harmful');
    expect(verdict.logEvidence).toBeLessThan(Math.log(20));
  });
});

function tallySum(requests: readonly number[]): Block['forced']['stable']['latency'] {
  const sum: Record<string, number> = {};
  for (const { latency } of requests.map((count) => tallyOf(count))) {
    for (const [bucket, count] of Object.entries(latency)) sum[bucket] = (sum[bucket] ?? 0) + count;
  }
  return sum;
}
