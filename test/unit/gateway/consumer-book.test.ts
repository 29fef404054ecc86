import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addConsumerCounts, type ConsumerDay, NO_ANSWERS } from '../../../src/consumers/ledger/consumer-day.ts';
import type { Clock } from '../../../src/gateway/http/clock.ts';
import { ConsumerBook } from '../../../src/gateway/measure/consumers/consumer-book.ts';
import type { ChargedOutcome, ConsumerTally } from '../../../src/gateway/measure/consumers/consumer-tally.ts';
import type { Track } from '../../../src/split/order.ts';

const MIDNIGHT = Date.UTC(2027, 2, 2);

/** A book whose two clocks differ, at a minute before midnight. */
function opened() {
  const time = { now: 5_000 };
  const clock: Clock = { monotonic: () => time.now, wall: () => MIDNIGHT - 60_000 + time.now - 5_000 };
  return { time, book: new ConsumerBook('shop', clock) };
}

interface Ended {
  readonly track?: Track;
  readonly version?: string;
  readonly begunAt?: number;
  readonly status?: number;
  readonly latencyMs?: number | null;
  readonly outcome?: ChargedOutcome;
}

function count(tally: ConsumerTally, { version = 'v1', outcome = 'other', ...request }: Ended = {}): void {
  tally.count(
    { track: 'stable', totals: { version }, begunAt: 5_000, status: 200, latencyMs: 10, ...request },
    outcome,
  );
}

describe('the book of a route', () => {
  it('has the requests of a consumer by version, with when they came, and gives them once', () => {
    const { time, book } = opened();
    const acme = book.listed('acme', 'a1');
    count(acme, { begunAt: 5_000 });
    count(acme, { begunAt: 4_000, latencyMs: null });
    count(acme, { track: 'canary', version: 'v2', outcome: 'error', status: 500, begunAt: 6_000 });
    count(acme, { outcome: 'client-error', status: 404, begunAt: 5_500 });
    time.now += 2_000;
    const who = { kind: 'listed', name: 'acme', keyHash: 'a1' };
    const at = MIDNIGHT - 60_000;
    const day = { route: 'shop', who, day: '2027-03-01' };
    expect(book.take()).toEqual([
      {
        ...day,
        version: 'v1',
        requests: 3,
        errors: 0,
        clientErrors: 1,
        latency: { 30: 1 },
        firstAt: at - 1_000,
        lastAt: at + 500,
      },
      {
        ...day,
        version: 'v2',
        requests: 1,
        errors: 1,
        clientErrors: 0,
        latency: {},
        firstAt: at + 1_000,
        lastAt: at + 1_000,
      },
    ]);
    expect(book.take()).toEqual([]);
    count(acme);
    expect(book.take()).toMatchObject([{ requests: 1 }]);
  });

  it('begins a day at midnight in UTC, also when nobody reads it', () => {
    const { time, book } = opened();
    const [acme, stranger] = [book.listed('acme', 'a1'), book.unlisted('f7')];
    for (const tally of [acme, stranger]) count(tally);
    time.now += 61_000;
    for (const tally of [acme, stranger]) count(tally, { begunAt: time.now });
    // It spans midnight.
    count(acme, { begunAt: 5_001 });
    const rows = book.take().map(({ day, who, requests }) => [day, who.kind, requests]);
    expect(rows).toEqual([
      ['2027-03-01', 'listed', 1],
      ['2027-03-01', 'unlisted', 1],
      ['2027-03-02', 'listed', 2],
      ['2027-03-02', 'unlisted', 1],
    ]);
  });

  it('counts all that come in whatever order, each once', () => {
    const ended = fc.record({
      who: fc.constantFrom('acme', 'globex', 'stranger', 'other stranger', 'none'),
      track: fc.constantFrom<Track>('stable', 'canary'),
      version: fc.constantFrom('v1', 'v2', 'v3'),
      status: fc.constantFrom(0, 200, 401, 403, 404, 500),
      outcome: fc.constantFrom<ChargedOutcome>('other', 'error', 'client-error'),
      latencyMs: fc.option(fc.double({ min: 0, max: 200_000, noNaN: true })),
      passMs: fc.nat(20_000),
      next: fc.constantFrom('go on', 'go on', 'take', 'list anew'),
    });
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 80 }), (requests) => {
        const { time, book } = opened();
        const days: ConsumerDay[] = [];
        const tallies = () =>
          new Map<string, () => ConsumerTally>([
            ...['acme', 'globex'].map(
              (name) =>
                [
                  name,
                  (
                    (tally) => () =>
                      tally
                  )(book.listed(name, name)),
                ] as const,
            ),
            ...['stranger', 'other stranger'].map((hash) => [hash, () => book.unlisted(hash)] as const),
            ['none', () => book.none],
          ]);
        let listed = tallies();
        for (const { who, passMs, next, ...request } of requests) {
          time.now += passMs;
          const tally = listed.get(who)?.();
          if (tally) count(tally, { ...request, begunAt: time.now });
          if (next === 'take') days.push(...book.take());
          if (next === 'list anew') listed = tallies();
        }
        days.push(...book.take());
        const total = days.reduce(addConsumerCounts, NO_ANSWERS);
        const of = (outcome: ChargedOutcome) => requests.filter((request) => request.outcome === outcome);
        expect({ ...total, latency: Object.values(total.latency).reduce((sum, one) => sum + one, 0) }).toEqual({
          requests: requests.length,
          errors: of('error').length,
          clientErrors: of('client-error').length,
          latency: of('other').filter(({ latencyMs }) => latencyMs !== null).length,
        });
        for (const version of ['v1', 'v2', 'v3']) {
          const sum = (name: string) =>
            days
              .filter((day) => day.version === version && day.who.kind === 'listed' && day.who.name === name)
              .reduce((all, { requests: some }) => all + some, 0);
          for (const name of ['acme', 'globex']) {
            expect(sum(name)).toBe(requests.filter((one) => one.version === version && one.who === name).length);
          }
        }
      }),
    );
  });
});
