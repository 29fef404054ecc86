import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import type { Ticket } from '../../../src/gateway/measure/ticket.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import { orderTo } from '../../support/gateway.ts';
import { inputOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { seededRandom } from '../../support/random.ts';

const BLOCK_MS = 1_000;
const LEARNT_MS = 120_000;
const JUDGED_MS = 180_000;

const policy = judgePolicy({
  checks: { errors: { onHarm: 'hold' }, clientErrors: { rollback: 'off' } },
  judge: { block: '1s', warmUp: '0s', reference: '10s' },
});

interface Answers {
  readonly status: number;
  readonly ms: (random: () => number) => number;
}

/** The last verdict on a canary that has half of three requests a second, as the gateway's recorder counted them. */
function verdictOn(canary: Answers, seed: number) {
  const random = seededRandom(seed);
  let now = 1_000_000;
  const measure = { blockMs: BLOCK_MS, errorStatuses: ['5xx'] as const };
  const orderOf = (epoch: number, canaryBps: number) =>
    orderTo('http://v1', 'http://v2', { epoch, canaryBps, measure });
  const recorder = new RouteRecorder(
    clockFrom(() => now),
    orderOf(1, 0),
  );
  const stable: Answers = { status: 200, ms: (draw) => 8 + 8 * draw() };
  let state = openJudgement(policy);
  let cursor: string | null = null;
  let slowAfterMs = 1_000;
  const begun = now;
  for (;;) {
    const isJudged = now - begun > LEARNT_MS;
    if (isJudged && state.splitEpoch !== 2) recorder.follow(orderOf(2, 5_000));
    for (const end = now + BLOCK_MS; now < end; now += 333) {
      const track = isJudged && random() < 0.5 ? 'canary' : 'stable';
      const { status, ms } = track === 'canary' ? canary : stable;
      const ticket = recorder.begin(track, 'weight');
      now += ms(random);
      recorder.answered(ticket, status, 'whole');
      recorder.complete(ticket);
    }
    const seen = recorder.collect(cursor, slowAfterMs);
    cursor = seen.cursor;
    const told = look(policy, state, inputOf(seen.blocks, { step: weightStep({ splitEpoch: 2 }) }));
    ({ state, slowAfterMs } = told);
    if (told.verdict.name === 'harmful' || now - begun > LEARNT_MS + JUDGED_MS) return told.verdict;
  }
}

describe('with three requests a second', () => {
  it.each([1, 2, 3])('no latency is blamed on a canary that answers 404 as fast as the stable, %i', (seed) => {
    const verdict = verdictOn({ status: 404, ms: (draw) => 8 + 8 * draw() }, seed);
    expect(verdict.name).not.toBe('harmful');
    const latencies = verdict.findings.filter(({ unit }) => unit === 'ms');
    expect(latencies.map(({ check }) => check)).toEqual(expect.arrayContaining(['p50', 'p95', 'p99']));
    for (const { logHarm, requests } of latencies) {
      expect(requests.canary).toBe(0);
      expect(logHarm).toBe(0);
    }
  });

  it.each([302, 204, 304])('no latency is said to be well on a canary that answers %d at once', (status) => {
    const verdict = verdictOn({ status, ms: (draw) => 1 + draw() }, 1);
    expect(verdict.name).not.toBe('at-parity');
    const latencies = verdict.findings.filter(({ unit }) => unit === 'ms');
    expect(latencies.map(({ check }) => check)).toEqual(expect.arrayContaining(['p50', 'p95', 'p99']));
    for (const { requests } of latencies) expect(requests.canary).toBe(0);
  });

  it('a canary that takes twice the time is rolled back for it', () => {
    const verdict = verdictOn({ status: 200, ms: (draw) => 16 + 16 * draw() }, 1);
    expect(verdict.name).toBe('harmful');
    expect(['p50', 'p95', 'dominance']).toContain(verdict.leads);
  });
});

describe('a canary that answers nothing, whose clients leave after 1.5 s', () => {
  it('is blamed for that, and not for the patience of its clients', () => {
    const policyOf = judgePolicy({ judge: { block: '1s', warmUp: '0s', reference: '10s' } });
    let now = 1_000_000;
    const measure = { blockMs: BLOCK_MS, errorStatuses: ['5xx'] as const };
    const recorder = new RouteRecorder(
      clockFrom(() => now),
      orderTo('http://v1', 'http://v2', { epoch: 1, canaryBps: 0, measure }),
    );
    let state = openJudgement(policyOf);
    let cursor: string | null = null;
    let slowAfterMs = 1_000;
    let waiting: { readonly ticket: Ticket; readonly until: number }[] = [];
    for (let second = 0; second < 200; second += 1) {
      if (second === 100) recorder.follow(orderTo('http://v1', 'http://v2', { epoch: 2, canaryBps: 5_000, measure }));
      for (let request = 0; request < 10; request += 1) {
        const ticket = recorder.begin(second >= 100 && request % 2 === 0 ? 'canary' : 'stable', 'weight');
        if (ticket.track === 'canary') waiting.push({ ticket, until: now + 1_500 });
        now += 100 + (request % 5);
        if (ticket.track === 'stable') {
          recorder.answered(ticket, 200, 'whole');
          recorder.complete(ticket);
        }
        for (const { ticket: left, until } of waiting) if (until <= now) recorder.abandon(left, 'versions');
        waiting = waiting.filter(({ until }) => until > now);
      }
      const seen = recorder.collect(cursor, slowAfterMs);
      cursor = seen.cursor;
      const told = look(policyOf, state, inputOf(seen.blocks, { step: weightStep({ splitEpoch: 2 }) }));
      ({ state, slowAfterMs } = told);
      if (told.verdict.name !== 'harmful') continue;
      const { reason } = told.verdict;
      expect(reason).toMatch(/without an answer|had no answer/);
      return;
    }
    expect.unreachable('it was not found');
  });
});
