import { describe, expect, it } from 'vitest';
import { type Clock, clockFrom } from '../../../src/gateway/http/clock.ts';
import { KEPT_BLOCKS } from '../../../src/gateway/measure/closed-blocks.ts';
import { type RecorderOptions, RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import type { SplitOrder } from '../../../src/split/order.ts';
import type { Block, Tally } from '../../../src/stats/block.ts';
import { bucketOf } from '../../../src/stats/latency/log-histogram.ts';
import { orderTo } from '../../support/gateway.ts';

const EMPTY: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };
const NEVER_SLOW = 1e9;

/** A recorder whose time stands still until it is told to pass; blocks of one second. */
function recorderAt(start = 1_000_000) {
  let now = start;
  const clock: Clock = clockFrom(() => now);
  const orderOf = (more: Partial<SplitOrder> = {}) =>
    orderTo('http://v1', 'http://v2', {
      canaryBps: 5_000,
      measure: { blockMs: 1_000, errorStatuses: ['5xx'] },
      ...more,
    });
  const recorder = new RouteRecorder(clock, orderOf());
  return {
    recorder,
    orderOf,
    pass: (ms: number) => {
      now += ms;
    },
    blocks: (slowAfterMs = NEVER_SLOW): readonly Block[] => recorder.collect(null, slowAfterMs).blocks,
  };
}

describe('how the traffic of a block was assigned', () => {
  const assignments = (assignment: NonNullable<Block['assignment']> | null, isAgain: boolean) => {
    let now = 0;
    const options: RecorderOptions = { slices: 'off', templates: [], assignmentOf: () => assignment };
    const order = orderTo('http://v1', 'http://v2', { canaryBps: 5_000 });
    const recorder = new RouteRecorder(
      clockFrom(() => now),
      order,
      {},
      options,
    );
    recorder.complete(recorder.begin('canary', 'force', { hash: 7, unit: null, key: null, isAgain: true }));
    now += order.measure.blockMs;
    recorder.complete(recorder.begin('canary', 'weight', { hash: 7, unit: null, key: null, isAgain }));
    now += order.measure.blockMs;
    return recorder.collect(null, NEVER_SLOW).blocks.map((block) => block.assignment);
  };

  it('is said of every block', () => {
    expect(assignments('per-request', false)).toEqual(['per-request', 'per-request']);
    expect(assignments('by-key', false)).toEqual(['by-key', 'by-key']);
  });

  it('is not said where it cannot be', () => {
    expect(assignments(null, false)).toEqual([undefined, undefined]);
  });

  it('is not said where a request went where an earlier one had gone, and was not drawn', () => {
    expect(assignments('per-request', true)).toEqual(['per-request', undefined]);
    expect(assignments('by-key', true)).toEqual(['by-key', 'by-key']);
  });
});

describe('a block', () => {
  it('holds the requests that began in it, by version, with integer counts', () => {
    const { recorder, pass, blocks } = recorderAt();
    const fine = recorder.begin('stable', 'weight');
    const failed = recorder.begin('canary', 'weight');
    const notFound = recorder.begin('canary', 'weight');
    pass(100);
    for (const [ticket, status] of [
      [fine, 200],
      [failed, 503],
      [notFound, 404],
    ] as const) {
      recorder.answered(ticket, status, 'whole');
      recorder.complete(ticket);
    }
    pass(900);
    expect(blocks()).toEqual([
      {
        startedAt: 1_000_000,
        durationMs: 1_000,
        splitEpoch: 1,
        canaryBps: 5_000,
        assignment: 'per-request',
        drawn: { stable: 1, canary: 2 },
        stable: { requests: 1, errors: 0, clientErrors: 0, latency: { [bucketOf(100)]: 1 } },
        // Neither what failed nor what was refused says how long an answer takes.
        canary: { requests: 2, errors: 1, clientErrors: 1, latency: {} },
        forced: { stable: EMPTY, canary: EMPTY },
        ruled: { stable: EMPTY, canary: EMPTY },
      },
    ]);
  });

  it('appears without traffic too, on a grid that does not drift', () => {
    const { recorder, pass, blocks } = recorderAt();
    pass(3_700);
    recorder.complete(recorder.begin('stable', 'weight'));
    pass(400);
    expect(blocks().map(({ startedAt, durationMs, stable }) => [startedAt, durationMs, stable?.requests])).toEqual([
      [1_000_000, 1_000, 0],
      [1_001_000, 1_000, 0],
      [1_002_000, 1_000, 0],
      [1_003_000, 1_000, 1],
    ]);
  });

  it('has no canary tally where the order has no canary', () => {
    const { recorder, pass, blocks, orderOf } = recorderAt();
    recorder.follow(orderOf({ epoch: 2, canary: null }));
    pass(1_000);
    expect(blocks().at(-1)?.canary).toBeNull();
  });

  it('never spans two splits', () => {
    const { recorder, pass, blocks, orderOf } = recorderAt();
    pass(300);
    const before = recorder.begin('canary', 'weight');
    recorder.follow(orderOf({ epoch: 2, canaryBps: 10_000 }));
    const after = recorder.begin('canary', 'weight');
    for (const ticket of [before, after]) {
      recorder.answered(ticket, 200, 'whole');
      recorder.complete(ticket);
    }
    pass(1_000);
    expect(
      blocks().map((block) => [block.splitEpoch, block.canaryBps, block.durationMs, block.canary?.requests]),
    ).toEqual([
      [1, 5_000, 300, 1],
      [2, 10_000, 1_000, 1],
    ]);
  });

  it('keeps its length when the split changes after a silence', () => {
    const { recorder, pass, blocks, orderOf } = recorderAt();
    pass(2_300);
    recorder.follow(orderOf({ epoch: 2 }));
    pass(1_000);
    expect(blocks().map(({ durationMs }) => durationMs)).toEqual([1_000, 1_000, 300, 1_000]);
  });

  it('of no length and no traffic is none', () => {
    const { recorder, pass, blocks, orderOf } = recorderAt();
    recorder.follow(orderOf({ epoch: 2 }));
    recorder.follow(orderOf({ epoch: 3 }));
    pass(1_000);
    expect(blocks().map(({ splitEpoch }) => splitEpoch)).toEqual([3]);
  });

  it('counts forced and ruled traffic apart', () => {
    const { recorder, pass, blocks } = recorderAt();
    recorder.fail(recorder.begin('canary', 'force'));
    const ruled = recorder.begin('stable', 'consumer');
    recorder.answered(ruled, 200, 'stream');
    recorder.complete(ruled);
    pass(1_000);
    const [block] = blocks();
    expect(block?.forced.canary).toEqual({ ...EMPTY, requests: 1, errors: 1 });
    expect(block?.ruled.stable).toEqual({ ...EMPTY, requests: 1 });
    expect([block?.stable, block?.canary]).toEqual([EMPTY, EMPTY]);
  });
});

describe('an outcome', () => {
  it('is an error where the order says so, and a client error where it does not', () => {
    const { recorder, pass, blocks, orderOf } = recorderAt();
    recorder.follow(orderOf({ epoch: 2, measure: { blockMs: 1_000, errorStatuses: [429, '5xx'] } }));
    for (const status of [200, 304, 404, 429, 500, 599]) {
      const ticket = recorder.begin('canary', 'weight');
      recorder.answered(ticket, status, 'whole');
      recorder.complete(ticket);
    }
    pass(1_000);
    expect(blocks()[0]?.canary).toMatchObject({ requests: 6, errors: 3, clientErrors: 1 });
  });

  it('of an error, a tunnel or an event stream says nothing about latency', () => {
    const { recorder, pass, blocks } = recorderAt();
    for (const [status, kind] of [
      [500, 'whole'],
      [101, 'stream'],
      [200, 'stream'],
    ] as const) {
      const ticket = recorder.begin('stable', 'weight');
      pass(10);
      recorder.answered(ticket, status, kind);
      recorder.complete(ticket);
    }
    pass(1_000);
    expect(blocks()[0]?.stable).toEqual({ ...EMPTY, requests: 3, errors: 1, statuses: { 101: 1 } });
  });

  it('of an answer that broke off is an error, without latency', () => {
    const { recorder, pass, blocks } = recorderAt();
    const ticket = recorder.begin('stable', 'weight');
    recorder.answered(ticket, 200, 'whole');
    recorder.fail(ticket);
    pass(1_000);
    expect(blocks()[0]?.stable).toEqual({ requests: 1, errors: 1, clientErrors: 0, latency: {} });
  });

  it('of a client that went away counts for nobody', () => {
    const { recorder, pass, blocks } = recorderAt();
    recorder.leave(recorder.begin('canary', 'weight'));
    pass(1_000);
    expect(blocks()[0]?.canary).toEqual(EMPTY);
  });

  it('is the first one; whatever is said later does not count', () => {
    const { recorder, pass, blocks } = recorderAt();
    const ticket = recorder.begin('stable', 'weight');
    recorder.answered(ticket, 200, 'whole');
    recorder.complete(ticket);
    recorder.fail(ticket);
    recorder.leave(ticket);
    pass(1_000);
    expect(blocks()[0]?.stable).toMatchObject({ requests: 1, errors: 0 });
    expect(recorder.totals()[0]?.outcomes).toMatchObject({ '2xx': 1, unanswered: 0, 'client-gone': 0 });
  });
});

describe('a forced request', () => {
  it('whose client left after a wait for the version is unanswered, and one that is slow is not', () => {
    const { recorder, pass, blocks } = recorderAt();
    const [left, hasty, sending, slow] = Array.from({ length: 4 }, () => recorder.begin('canary', 'force'));
    if (!left || !hasty || !sending || !slow) throw new Error('no tickets');
    pass(100);
    recorder.abandon(hasty, 'versions');
    pass(1_400);
    recorder.abandon(left, 'versions');
    recorder.abandon(sending, 'clients');
    blocks(250);
    pass(8_500);
    blocks(250);
    recorder.answered(slow, 200, 'whole');
    recorder.complete(slow);
    pass(1_000);
    const forced = blocks(250).map((block) => block.forced.canary);
    expect(forced.reduce((sum, { unanswered = 0 }) => sum + unanswered, 0)).toBe(1);
    expect(forced.reduce((sum, { requests }) => sum + requests, 0)).toBe(1);
  });
});

describe('a late request', () => {
  it('keeps its block open until it ends', () => {
    const { recorder, pass, blocks } = recorderAt();
    const ticket = recorder.begin('canary', 'weight');
    pass(2_500);
    expect(blocks()).toEqual([]);
    recorder.answered(ticket, 200, 'whole');
    recorder.complete(ticket);
    expect(blocks().map(({ canary }) => canary?.requests)).toEqual([1, 0]);
  });

  it('is counted as slow at once when its age passes the threshold, and its end counts in the block open then', () => {
    const { recorder, pass, blocks } = recorderAt();
    const ticket = recorder.begin('canary', 'weight');
    pass(1_500);
    expect(blocks(2_000)).toEqual([]);
    pass(600);
    expect(blocks(2_000)[0]?.canary).toEqual({ ...EMPTY, latency: { [bucketOf(2_100)]: 1 } });
    recorder.answered(ticket, 500, 'whole');
    recorder.complete(ticket);
    pass(1_000);
    const all = blocks();
    expect(all.map(({ canary }) => [canary?.requests, canary?.errors])).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
    expect(all.flatMap(({ canary }) => Object.values(canary?.latency ?? {}))).toEqual([1]);
  });

  it('whose answer has begun is counted with the latency it had, not with its age', () => {
    const { recorder, pass, blocks } = recorderAt();
    const download = recorder.begin('stable', 'weight');
    const events = recorder.begin('stable', 'weight');
    pass(20);
    recorder.answered(download, 200, 'whole');
    recorder.answered(events, 200, 'stream');
    pass(5_000);
    expect(blocks(1_000)[0]?.stable).toEqual({ ...EMPTY, latency: { [bucketOf(20)]: 1 } });
  });

  it('is dropped when the split is another by the time it ends', () => {
    const { recorder, pass, blocks, orderOf } = recorderAt();
    const ticket = recorder.begin('canary', 'weight');
    pass(1_000);
    recorder.follow(orderOf({ epoch: 2, canaryBps: 10_000 }));
    pass(1_000);
    expect(blocks(1_000)).toHaveLength(2);
    recorder.fail(ticket);
    pass(1_000);
    expect(blocks(1_000).map(({ canary }) => canary?.errors)).toEqual([0, 0, 0]);
    expect(recorder.totals().find(({ track }) => track === 'canary')?.outcomes.unanswered).toBe(1);
  });

  it('holds up the blocks after its own: they come in their order', () => {
    const { recorder, pass, blocks } = recorderAt();
    const ticket = recorder.begin('stable', 'weight');
    pass(1_000);
    recorder.complete(recorder.begin('stable', 'weight'));
    pass(1_000);
    expect(blocks()).toEqual([]);
    recorder.complete(ticket);
    expect(blocks()).toHaveLength(2);
  });
});

describe('collect', () => {
  it('gives what is newer than the cursor, and forgets the rest', () => {
    const { recorder, pass } = recorderAt();
    pass(2_000);
    const first = recorder.collect(null, NEVER_SLOW);
    expect(first.blocks).toHaveLength(2);
    expect(recorder.collect(null, NEVER_SLOW).blocks).toEqual(first.blocks);
    pass(1_000);
    const second = recorder.collect(first.cursor, NEVER_SLOW);
    expect(second.blocks.map(({ startedAt }) => startedAt)).toEqual([1_002_000]);
    expect(recorder.collect(second.cursor, NEVER_SLOW).blocks).toEqual([]);
    expect(recorder.collect(null, NEVER_SLOW).blocks).toEqual([]);
  });

  it('gives everything that is held for the cursor of another process, or for nonsense', () => {
    const { recorder, pass } = recorderAt();
    pass(2_000);
    const other = recorderAt().recorder.collect(null, NEVER_SLOW).cursor;
    for (const cursor of [other, 'nonsense', '', `${recorder.collect(null, NEVER_SLOW).cursor.split('.')[0]}.x`]) {
      expect(recorder.collect(cursor, NEVER_SLOW).blocks).toHaveLength(2);
    }
  });

  it('holds a bounded number of blocks and loses the oldest', () => {
    const { recorder, pass, blocks } = recorderAt();
    recorder.complete(recorder.begin('stable', 'weight'));
    for (let block = 0; block < KEPT_BLOCKS + 50; block++) {
      pass(1_000);
      recorder.complete(recorder.begin('stable', 'weight'));
    }
    const held = blocks();
    expect(held).toHaveLength(KEPT_BLOCKS);
    expect(held[0]?.startedAt).toBe(1_050_000);
  });

  it('takes a silence of months in its stride', () => {
    const { pass, blocks } = recorderAt();
    pass(90 * 86_400_000 + 500);
    const held = blocks();
    expect(held).toHaveLength(KEPT_BLOCKS);
    expect(held.at(-1)?.startedAt).toBe(1_000_000 + 90 * 86_400_000 - 1_000);
  });

  it('counts no request twice when a block is lost before it closed', () => {
    const { recorder, pass, blocks } = recorderAt();
    const ticket = recorder.begin('stable', 'weight');
    for (let block = 0; block <= KEPT_BLOCKS; block++) {
      pass(1_000);
      recorder.complete(recorder.begin('canary', 'weight'));
    }
    recorder.answered(ticket, 200, 'whole');
    recorder.complete(ticket);
    pass(1_000);
    const stable = blocks().reduce((sum, block) => sum + (block.stable?.requests ?? 0), 0);
    expect(stable).toBe(1);
  });
});

describe('totals', () => {
  it('count since the process began, by track and version', () => {
    const { recorder, orderOf } = recorderAt();
    const finish = (track: 'stable' | 'canary', status: number) => {
      const ticket = recorder.begin(track, 'weight');
      recorder.answered(ticket, status, 'whole');
      recorder.complete(ticket);
    };
    finish('canary', 204);
    finish('canary', 302);
    finish('canary', 499);
    finish('canary', 503);
    recorder.fail(recorder.begin('canary', 'weight'));
    recorder.leave(recorder.begin('canary', 'weight'));
    recorder.follow(orderOf({ epoch: 2, canary: null, stable: { url: 'http://v2', version: 'v2' } }));
    finish('stable', 200);
    expect(recorder.totals()).toContainEqual({
      route: 'shop',
      track: 'canary',
      version: 'v2',
      outcomes: { '2xx': 1, '3xx': 1, '4xx': 1, '5xx': 1, unanswered: 1, 'client-gone': 1, refused: 0 },
      kinds: { json: 0, 'event-stream': 0, tunnel: 0, other: 0 },
    });
    expect(
      recorder.totals().find(({ track, version }) => track === 'stable' && version === 'v2')?.outcomes['2xx'],
    ).toBe(1);
  });
});
