import { describe, expect, it } from 'vitest';
import { type Look, openJudgement } from '../../src/judge/judge.ts';
import { CHECKS } from '../../src/parity/checks.ts';
import type { Finding } from '../../src/parity/finding.ts';
import type { Policy } from '../../src/policy/schema.ts';
import type { Block } from '../../src/stats/block.ts';
import { countsOfValues, spread } from '../support/carried-values.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../support/judge-blocks.ts';
import { mixedBlocks, unevenParts } from '../support/mixed-traffic.ts';
import { pointAt, queryPolicy, valued } from '../support/query-policy.ts';
import { seededRandom } from '../support/random.ts';
import { NO_TALLY } from '../support/simulated-traffic.ts';
import { limitInWords } from '../support/words-of-margins.ts';

const ORDERS = 'GET /orders/{id} 2xx';
const policy = (cpu: Parameters<typeof queryPolicy>[0] = { action: 'rollback', weight: 0.1, limit: 0.9 }): Policy =>
  queryPolicy(
    cpu,
    {
      latency: { quantiles: { p90: {} } },
      errors: { when: [{ graphql: 'total' }] },
      streams: { end: '[DONE]' },
      categories: { finish: { from: { json: '/finish' }, worse: ['length'] } },
      values: { queries: { from: { serverTiming: 'db' }, worse: 'both' } },
      size: { dryRun: false },
      logs: { newErrors: 'rollback' },
      probes: { every: '1m', rollback: '4.1%', parity: '10%' },
      answers: {},
      responseShape: { breaking: 'hold' },
    },
    { guards: { errors: '2%', p99: '800ms' }, judge: { warmUp: '10s' } },
  );

/** What answers carry, of a version with so many requests. */
const carried = (requests: number, part = 1) => ({
  content: { sampled: requests / 10, unread: 1, failed: 1, partial: 1 },
  streams: { ended: requests / 10, unfinished: 1 },
  categories: { finish: { stop: requests / 20, length: requests / 20 } },
  values: { queries: countsOfValues(spread(requests, 4 * part)) },
  empty: requests / 10,
  statuses: { '204': requests / 10, '302': requests / 20, '304': requests / 50, '101': requests / 50 },
});
const everything = (startedAt: number, part = 1): Block => ({
  ...valued(startedAt, pointAt(startedAt), { routed: { stable: 900, canary: 100 } }),
  stable: { ...tallyOf(900, { errors: 9, clientErrors: 18 }), ...carried(900) },
  canary: { ...tallyOf(100, { errors: 1, clientErrors: 2 }), ...carried(100, part) },
  probes: [{ stable: 40, canary: 41 }],
  pairs: {
    compared: 5,
    unusable: 0,
    places: { [ORDERS]: 5 },
    fields: { [`${ORDERS} /total`]: { differs: 5, noise: 1, both: 1 } },
  },
});
const slower = (answers: number) => ({ answers, above: [{ ms: 25, count: answers / 5 }] });
const atBoundaries = (startedAt: number): Block => ({
  ...blockOf({ startedAt }),
  stable: { ...NO_TALLY, requests: 900, slower: slower(900) },
  canary: { ...NO_TALLY, requests: 100, slower: slower(100) },
});
const refusing = (startedAt: number): Block => ({
  ...blockOf({ startedAt }),
  stable: tallyOf(900, { clientErrors: 720 }),
  canary: tallyOf(100, { clientErrors: 80 }),
});
const withMoreContent = (startedAt: number): Block => ({
  ...blockOf({ startedAt }),
  stable: { ...tallyOf(900), statuses: { '302': 800 } },
  canary: tallyOf(100),
});
/** Blocks of 15 s: an answer has an amount, a request a line, and of the canary's answers a part lacks the amount. */
const shaped = (startedAt: number): Block => {
  const of = (requests: number, having: number) => {
    const facts = ['type application/json', 'present ', 'object ', 'present /id', 'string /id'];
    const all = Object.fromEntries(facts.map((fact) => [fact, requests]));
    const amount = { 'present /amount': having, 'integer /amount': having };
    return { ...tallyOf(requests), shapes: { [ORDERS]: { answers: requests, facts: { ...all, ...amount } } } };
  };
  const logged = (requests: number) => ({
    lines: requests + requests / 50,
    malformed: 0,
    levels: { error: requests / 50, warn: 0, info: requests, debug: 0 },
    templates: { 'info http.Access: GET <*>': requests, 'error pay.Charge: card <*> declined': requests / 50 },
    fields: { service: requests },
    calls: {},
    other: { templates: 0, fields: 0, calls: 0 },
  });
  const at = { startedAt: startedAt * 15, durationMs: 15_000, assignment: 'per-request' as const };
  const logs = { stable: logged(1_350), canary: logged(150) };
  return blockOf({ ...at, stable: of(1_350, 1_350), canary: of(150, 15), logs });
};
const byKey = (startedAt: number): Block => ({ ...everything(startedAt), assignment: 'by-key' });
const nextMixed = mixedBlocks(seededRandom(1), {
  requestsPerSecond: 100,
  canaryBps: 1_000,
  endpoints: unevenParts('/', 5, { name: '/pay', part: 0.1 }),
  consumers: unevenParts('c', 5, { name: 'acme', part: 0.1 }),
  outcome: () => ({ errors: 0.01, clientErrors: 0.01, medianMs: 40 }),
});

const seen = (make: (startedAt: number) => Block, of: Policy = policy(), count = 30): Look =>
  lookRepeatedly(of, openJudgement(of), { from: 0, count }, make);
const LOWER = 'a query that holds, of which less is worse';
const LOOKS: Readonly<Record<string, Look>> = {
  everything: seen(everything),
  'fewer of what the stable has': seen((startedAt) => everything(startedAt, 0.5)),
  boundaries: seen(atBoundaries),
  'many refused': seen(refusing),
  'more content': seen(withMoreContent),
  'warming up': seen(everything, policy(), 5),
  'shapes and logs': seen(shaped, policy(), 20),
  'by key': seen(byKey),
  slices: seen(nextMixed),
  [LOWER]: seen(everything, policy({ worse: 'lower', comparable: false, limit: 0.1 })),
  'a limit alone': seen(everything, policy({ action: 'rollback', weight: 0.1, comparable: false, limit: 0.9 })),
};
const ofLatencies = (check: string) => /^keys:(p50|p95|p99|shift)$/.test(check);

function compared({ check, limits, rollbackMargin, parityMargin, ...finding }: Finding, look: string) {
  const side = check === 'query:cpu' && look === LOWER ? 'lower' : 'higher';
  const of = { check, rollbackMargin, parityMargin, ...finding };
  const inWords = ofLatencies(check)
    ? { rollback: null, parity: null }
    : {
        rollback: limitInWords(rollbackMargin, of, side),
        parity: parityMargin === null ? null : limitInWords(parityMargin, of, side),
      };
  return { inWords, limits: limits ?? { rollback: null, parity: null } };
}

describe('the limits of a finding', () => {
  it.each(Object.entries(LOOKS))(
    'are its margins at the figure of the stable, as its words say: %s',
    (look, { verdict }) => {
      for (const finding of verdict.findings) {
        const { inWords, limits } = compared(finding, look);
        for (const name of ['rollback', 'parity'] as const) {
          const [said, found] = [inWords[name], limits[name]];
          const told = `${finding.check} ${name}: ${finding.rollbackMargin}, ${finding.parityMargin} at ${finding.stable}`;
          expect([told, found === null]).toEqual([told, said === null]);
          // Words are rounded to two digits, figures of latencies and values to a bucket of 2 %.
          if (said === null || found === null) continue;
          expect([told, Math.abs(found - said) <= 0.025 * Math.abs(said) + 1e-9, found, said]).toEqual([
            told,
            true,
            found,
            said,
          ]);
        }
      }
    },
  );

  it('are there for every check of the list that has a margin and figures', () => {
    const named = new Set<string>();
    for (const { verdict } of Object.values(LOOKS)) {
      for (const { check, limits } of verdict.findings) if (limits?.rollback != null) named.add(check);
    }
    const keys = Object.entries(CHECKS).flatMap(([key, { terms }]) =>
      [...named].some((name) => terms(policy(), name) !== null) ? [] : [key],
    );
    // These find nothing, have no margin, or have figures by key alone.
    expect(keys).toEqual(['keys', 'forcedLogs', 'splitShare', 'baseline']);
  });
});
