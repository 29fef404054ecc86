import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import { KEPT_SLICE_BLOCKS } from '../../../src/gateway/measure/slice-history.ts';
import type { ChosenBy } from '../../../src/split/match.ts';
import type { SplitOrder, Track } from '../../../src/split/order.ts';
import { CELL, CELLS, MOST_SLICES, type SliceBlock } from '../../../src/stats/slice.ts';
import { orderTo } from '../../support/gateway.ts';
import { seededRandom } from '../../support/random.ts';

const NEVER_SLOW = 1e9;

interface Asked {
  readonly method?: string;
  readonly consumer?: string;
  readonly upstream?: string;
  readonly ms?: number;
  readonly by?: ChosenBy;
}

/** A recorder on a clock that stands still; blocks of one second. */
function recorderWith(templates: readonly string[] = [], slices: 'on' | 'off' = 'on') {
  let now = 1_000_000;
  const orderOf = (more: Partial<SplitOrder> = {}) =>
    orderTo('http://v1', 'http://v2', {
      canaryBps: 5_000,
      measure: { blockMs: 1_000, errorStatuses: ['5xx'] },
      ...more,
    });
  const recorder = new RouteRecorder(
    clockFrom(() => now),
    orderOf(),
    {},
    { slices, templates, assignmentOf: () => 'per-request' },
  );
  const ask = (track: Track, path: string, status: number, asked: Asked = {}) => {
    const ticket = recorder.begin(track, asked.by ?? 'weight');
    ticket.describe(asked.method ?? 'GET', path, asked.consumer ?? null);
    ticket.upstream = asked.upstream ?? null;
    now += asked.ms ?? 0;
    if (status === 0) return recorder.fail(ticket);
    recorder.answered(ticket, status, 'whole');
    return recorder.complete(ticket);
  };
  const closeBlock = () => {
    now += 1_000;
    recorder.collect(null, NEVER_SLOW);
    return recorder.slices();
  };
  return { recorder, orderOf, ask, closeBlock };
}

/** Requests and errors of every slice that has some, by version. */
function countsOf(block: SliceBlock | undefined) {
  if (!block) return null;
  return Object.fromEntries(
    Array.from({ length: block.canary.length / CELLS }, (_, row) => [
      `${block.slices[row]?.dimension} ${block.slices[row]?.name}`,
      {
        canary: [block.canary[row * CELLS], block.canary[row * CELLS + 1]],
        stable: [block.stable[row * CELLS], block.stable[row * CELLS + 1]],
      },
    ]),
  );
}

describe('the slices of a block', () => {
  it('count requests and errors by endpoint, consumer, upstream and status', () => {
    const { ask, closeBlock } = recorderWith();
    ask('stable', '/orders/1', 200, { consumer: 'acme', upstream: '10.0.0.1' });
    ask('canary', '/orders/2', 503, { consumer: 'acme', upstream: '10.0.0.2' });
    ask('canary', '/orders/3', 0, { method: 'POST', consumer: 'zeta' });
    expect(countsOf(closeBlock()[0])).toEqual({
      'endpoint GET /orders/{id}': { canary: [1, 1], stable: [1, 0] },
      'consumer acme': { canary: [1, 1], stable: [1, 0] },
      'upstream 10.0.0.1': { canary: [0, 0], stable: [1, 0] },
      'upstream 10.0.0.2': { canary: [1, 1], stable: [0, 0] },
      'status 503': { canary: [1, 1], stable: [0, 0] },
      'endpoint POST /orders/{id}': { canary: [1, 1], stable: [0, 0] },
      'consumer zeta': { canary: [1, 1], stable: [0, 0] },
      'status no answer': { canary: [1, 1], stable: [0, 0] },
    });
  });

  it('are named by the templates that are given, before any is guessed', () => {
    const { ask, closeBlock } = recorderWith(['/users/{name}']);
    ask('stable', '/users/ada', 200);
    ask('canary', '/users/grace', 200);
    ask('canary', '/teams/ada', 200);
    expect(Object.keys(countsOf(closeBlock()[0]) ?? {})).toEqual([
      'endpoint GET /users/{name}',
      'endpoint GET /teams/ada',
    ]);
  });

  it('leave out what chance did not choose', () => {
    const { ask, closeBlock } = recorderWith();
    ask('canary', '/forced', 500, { by: 'force' });
    ask('canary', '/ruled', 500, { by: 'consumer' });
    expect(countsOf(closeBlock()[0])).toEqual({});
  });

  it.each([
    ['while there is no canary', { canary: null }],
    ['at weight 0', { canaryBps: 0 }],
    ['at 100 %', { canaryBps: 10_000 }],
  ])('are not counted %s', (_, more) => {
    const { recorder, orderOf, ask, closeBlock } = recorderWith();
    recorder.follow(orderOf({ epoch: 2, ...more }));
    ask('stable', '/orders', 200);
    expect(closeBlock()).toEqual([]);
  });

  it('are not counted where they are off', () => {
    const { ask, closeBlock } = recorderWith([], 'off');
    ask('canary', '/orders', 500);
    expect(closeBlock()).toEqual([]);
  });

  it('count answers by how slow they are for the stable of the blocks before', () => {
    const { ask, closeBlock } = recorderWith();
    for (let answer = 0; answer < 200; answer += 1) ask('stable', '/a', 200, { ms: answer < 180 ? 1 : 4 });
    const [first] = closeBlock();
    expect(first?.slowMs).toBeNull();
    expect(Array.from(first?.stable ?? []).slice(0, CELLS)).toEqual([200, 0, 0, 0, 0, 0, 0, 0]);
    closeBlock();
    for (const ms of [1, 3, 100]) ask('canary', '/a', 200, { ms });
    const block = closeBlock().at(-1);
    expect(block?.slowMs?.[0]).toBeCloseTo(1, 1);
    expect(block?.slowMs?.[2]).toBeCloseTo(4, 0);
    expect(Array.from(block?.canary ?? []).slice(0, CELLS)).toEqual([3, 0, 1, 1, 0, 1, 0, 0]);
  });

  it('come with the block that they belong to, once', () => {
    const { recorder, ask, closeBlock } = recorderWith();
    ask('canary', '/orders', 500);
    closeBlock();
    const { blocks, cursor } = recorder.collect(null, NEVER_SLOW);
    const [kept] = recorder.slices();
    expect(blocks[0]?.slices).toBe(kept);
    expect(kept).toMatchObject({ startedAt: blocks[0]?.startedAt, splitEpoch: blocks[0]?.splitEpoch });
    expect(recorder.collect(cursor, NEVER_SLOW).blocks).toEqual([]);
  });

  it('leave out what a proxy sends again, which is no draw of its own', () => {
    const { recorder, closeBlock } = recorderWith();
    for (const isAgain of [false, true, true]) {
      const ticket = recorder.begin('canary', 'weight', { hash: 7, unit: null, key: null, isAgain });
      ticket.describe('GET', '/orders', null);
      recorder.answered(ticket, 503, 'whole');
      recorder.complete(ticket);
    }
    expect(countsOf(closeBlock()[0])?.['endpoint GET /orders']).toEqual({ canary: [1, 1], stable: [0, 0] });
    expect(recorder.peek(null, NEVER_SLOW).blocks[0]).toMatchObject({
      canary: { requests: 3 },
      slices: { assignment: 'per-request' },
    });
  });

  it('count the 4xx that are no errors', () => {
    const { ask, closeBlock } = recorderWith();
    ask('stable', '/orders', 200, { consumer: 'acme' });
    ask('canary', '/orders', 401, { consumer: 'acme' });
    const block = closeBlock()[0];
    const clientErrors = (block?.slices ?? []).map(({ name }, row) => [
      name,
      block?.canary[row * CELLS + CELL.clientErrors],
    ]);
    expect(clientErrors).toEqual([
      ['GET /orders', 1],
      ['acme', 1],
      ['401', 1],
    ]);
  });

  it('count answers that are slow for the slice itself, by a threshold from blocks before', () => {
    const { ask, closeBlock } = recorderWith();
    const random = seededRandom(2);
    for (let block = 0; block < 60; block += 1) {
      for (let answer = 0; answer < 60; answer += 1) ask('stable', '/slow', 200, { ms: 100 * (1 + random()) });
      for (let answer = 0; answer < 60; answer += 1) ask('stable', '/fast', 200, { ms: 1 + random() });
      closeBlock();
    }
    for (let answer = 0; answer < 10; answer += 1) ask('canary', '/fast', 200, { ms: 10 });
    for (let answer = 0; answer < 10; answer += 1) ask('stable', '/fast', 200, { ms: 1.5 });
    const block = closeBlock().at(-1);
    const of = (name: string) => {
      const row = block?.slices.findIndex((slice) => slice.name === name) ?? -1;
      const at = row * CELLS + CELL.slow;
      return { ms: block?.ownSlowMs[row] ?? 0, canary: block?.canary[at], stable: block?.stable[at] };
    };
    expect(of('GET /fast').ms).toBeGreaterThan(1.85);
    expect(of('GET /fast').ms).toBeLessThan(2.05);
    expect(of('GET /slow').ms).toBeGreaterThan(185);
    expect(of('GET /slow').ms).toBeLessThan(205);
    expect(of('GET /fast').canary).toBe(10);
    expect(of('GET /slow').canary).toBe(0);
    expect(of('GET /fast').stable).toBe(0);
  });

  it('have no threshold of their own before the stable has given one', () => {
    const { ask, closeBlock } = recorderWith();
    for (let answer = 0; answer < 200; answer += 1) ask('stable', '/a', 200, { ms: 1 });
    for (let block = 0; block < 3; block += 1) {
      ask('canary', '/new', 200, { ms: 500 });
      closeBlock();
    }
    for (let answer = 0; answer < 40; answer += 1) ask('canary', '/new', 200, { ms: 500 });
    const block = closeBlock().at(-1);
    const row = block?.slices.findIndex((slice) => slice.name === 'GET /new') ?? -1;
    expect([block?.ownSlowMs[row], block?.canary[row * CELLS + CELL.slow]]).toEqual([0, 0]);
  });

  it('are forgotten with their canary, and kept from step to step', () => {
    const { recorder, orderOf, ask, closeBlock } = recorderWith();
    ask('canary', '/orders', 200);
    expect(closeBlock()).toHaveLength(1);
    recorder.follow(orderOf({ epoch: 2, canaryBps: 2_500 }));
    ask('canary', '/orders', 200);
    expect(closeBlock().map(({ splitEpoch }) => splitEpoch)).toEqual([1, 2]);
    recorder.follow(orderOf({ epoch: 3, canary: { url: 'http://v3', version: 'v3' } }));
    expect(closeBlock().map(({ splitEpoch }) => splitEpoch)).toEqual([3]);
  });
});

describe('the memory of slices', () => {
  it('is bounded against hostile paths, consumers, upstreams and statuses', () => {
    const { ask, closeBlock } = recorderWith();
    for (let at = 0; at < 3_000; at += 1) {
      const letters = Array.from(String(at), (digit) => 'abcdefghij'[Number(digit)]).join('');
      const status = 200 + (at % 400);
      ask('canary', `/p-${letters}`, status === 404 || status === 405 ? 200 : status, {
        method: `M${letters}`,
        consumer: `c${at}`,
        upstream: `10.0.0.${at}`,
      });
    }
    const [block] = closeBlock();
    const names = (block?.slices ?? []).map(({ dimension }) => dimension);
    const sizes = ['endpoint', 'consumer', 'upstream', 'status'].map(
      (dimension) => names.filter((name) => name === dimension).length,
    );
    // Half of the endpoints' rows wait for those that the stable is known to answer at.
    expect(sizes).toEqual([51, 60, 20, 20]);
    expect(names.length).toBeLessThanOrEqual(MOST_SLICES);
    expect(countsOf(block)?.['endpoint other']?.canary[0]).toBe(3_000 - 50);
  });

  it('gives no endpoint a row that is answered by 404 or 405 only', () => {
    const { ask, closeBlock } = recorderWith();
    for (const path of ['/wp-admin', '/phpmyadmin', '/.env']) ask('stable', path, 404);
    ask('stable', '/orders', 405, { method: 'PATCH' });
    ask('stable', '/orders', 200);
    ask('canary', '/orders', 404);
    const counts = countsOf(closeBlock()[0]);
    expect(Object.keys(counts ?? {}).filter((name) => name.startsWith('endpoint'))).toEqual([
      'endpoint other',
      'endpoint GET /orders',
    ]);
    expect(counts?.['endpoint GET /orders']).toEqual({ canary: [1, 0], stable: [1, 0] });
  });

  it('holds the last blocks only', () => {
    const { recorder, ask, closeBlock } = recorderWith();
    for (let block = 0; block < KEPT_SLICE_BLOCKS + 20; block += 1) {
      ask('canary', '/orders', 200);
      closeBlock();
    }
    expect(closeBlock()).toHaveLength(KEPT_SLICE_BLOCKS);
    const { blocks } = recorder.peek(null, NEVER_SLOW);
    expect(blocks.length).toBeGreaterThan(KEPT_SLICE_BLOCKS + 19);
    expect(blocks.filter(({ slices }) => slices !== undefined)).toHaveLength(KEPT_SLICE_BLOCKS);
  });
});
