import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import type { SplitOrder, Track } from '../../../src/split/order.ts';
import type { Block } from '../../../src/stats/block.ts';
import { orderTo } from '../../support/gateway.ts';

const WARM_UP_MS = 10_000;
const HOUR_MS = 3_600_000;

/** A recorder with blocks of a second in which an address that joins is young for ten. */
function recording(more: Partial<SplitOrder> = {}) {
  let now = 1_000_000;
  const measure = { blockMs: 1_000, errorStatuses: ['5xx'] as const, warmUpMs: WARM_UP_MS };
  const orderOf = (parts: Partial<SplitOrder> = {}) =>
    orderTo('http://v1', 'http://v2', { canaryBps: 5_000, measure, ...more, ...parts });
  const recorder = new RouteRecorder(
    clockFrom(() => now),
    orderOf(),
  );
  const begin = (address: string | null, track: Track = 'canary', by: 'weight' | 'force' = 'weight') => {
    const ticket = recorder.begin(track, by);
    recorder.reached(ticket, address);
    return ticket;
  };
  const answer = (address: string | null, track: Track = 'canary', status = 200, by: 'weight' | 'force' = 'weight') => {
    const ticket = begin(address, track, by);
    recorder.answered(ticket, status, 'whole');
    recorder.complete(ticket);
  };
  const pass = (ms: number, slowAfterMs = 1e9): Block => {
    now += ms;
    const { blocks, cursor } = recorder.collect(null, slowAfterMs);
    recorder.collect(cursor, slowAfterMs);
    const last = blocks.at(-1);
    if (last === undefined) throw new Error('no block was closed');
    return last;
  };
  return { recorder, begin, answer, pass, orderOf };
}

/** A canary that has had one address for longer than a warm-up, and one that joined in the block before. */
function joined(track: Track = 'canary') {
  const run = recording();
  run.answer('a', track);
  run.pass(WARM_UP_MS + 1_000);
  run.answer('b', track);
  const first = run.pass(1_000);
  return { ...run, first };
}

describe('an address that joins a version within a step', () => {
  it.each(['canary', 'stable'] as const)('of the %s is young from the next block on, for a warm-up', (track) => {
    const { first, answer, pass } = joined(track);
    expect(first).toMatchObject({ [track]: { requests: 1 } });
    expect(first.young).toBeUndefined();
    answer('a', track);
    answer('b', track, 503);
    const block = pass(1_000);
    expect(block[track]).toMatchObject({ requests: 1, errors: 0 });
    expect(block.young).toEqual({
      [track]: {
        addresses: ['b'],
        count: 1,
        until: first.startedAt + WARM_UP_MS,
        tally: { requests: 1, errors: 1, clientErrors: 0, latency: {} },
      },
    });
    pass(WARM_UP_MS);
    answer('b', track);
    const warm = pass(1_000);
    expect(warm.young).toBeUndefined();
    expect(warm[track]).toMatchObject({ requests: 1 });
  });

  it('is told of in blocks without requests, so that this depends on no answer', () => {
    const { pass } = joined();
    expect(pass(1_000).young?.canary).toMatchObject({ addresses: ['b'], tally: { requests: 0 } });
  });

  it('is not new again when it was away for less than an hour', () => {
    const { answer, pass } = joined();
    answer('a');
    pass(HOUR_MS - 2_000);
    answer('b');
    pass(1_000);
    expect(pass(1_000).young).toBeUndefined();
    answer('a');
    pass(HOUR_MS + 2_000);
    answer('b');
    pass(1_000);
    expect(pass(1_000).young?.canary?.addresses).toEqual(['b']);
  });

  it('keeps its age when the canary becomes the stable', () => {
    const { recorder, orderOf, answer, pass } = joined();
    const { canary } = orderOf();
    if (canary === null) throw new Error('the order has a canary');
    recorder.follow(orderOf({ epoch: 2, stable: canary, canary: { url: 'http://v3', version: 'v3' } }));
    answer('b', 'stable');
    expect(pass(1_000).young?.stable).toMatchObject({ addresses: ['b'], tally: { requests: 1 } });
  });

  it('counts what hangs at it when its block closes apart, too', () => {
    const { begin, pass, recorder } = joined();
    const ticket = begin('b');
    const { canary, young } = pass(1_000, 500);
    expect([canary?.latency, Object.values(young?.canary?.tally.latency ?? {})]).toEqual([{}, [1]]);
    recorder.fail(ticket);
    expect(pass(1_000)).toMatchObject({ canary: { errors: 0 }, young: { canary: { tally: { errors: 1 } } } });
  });

  it('is named up to twenty times, and counted beyond', () => {
    const { answer, pass } = joined();
    for (let pod = 0; pod < 30; pod += 1) answer(`p${pod}`);
    pass(1_000);
    const young = pass(1_000).young?.canary;
    expect(young?.addresses).toHaveLength(20);
    expect(young?.count).toBe(31);
  });
});

describe('no address is young', () => {
  const youngOf = (more: Partial<SplitOrder>, by: 'weight' | 'force' = 'weight') => {
    const { answer, pass } = recording(more);
    answer('a', 'canary', 200, by);
    pass(WARM_UP_MS + 1_000);
    answer('b', 'canary', 200, by);
    pass(1_000);
    return pass(1_000).young;
  };

  it.each([
    ['where nothing is compared', { canaryBps: 10_000 }],
    ['without a rollout', { measure: { blockMs: 1_000, errorStatuses: ['5xx'] } }],
  ] as const)('%s', (_, more) => {
    expect(youngOf(more)).toBeUndefined();
  });

  it('of requests that were not drawn', () => {
    expect(youngOf({}, 'force')).toBeUndefined();
  });

  it('within a warm-up of the first of its version', () => {
    const { answer, pass } = recording();
    answer('a');
    pass(WARM_UP_MS - 2_000);
    answer('b');
    pass(1_000);
    expect(pass(1_000).young).toBeUndefined();
  });
});
