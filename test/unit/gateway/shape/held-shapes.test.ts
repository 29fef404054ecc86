import { describe, expect, it } from 'vitest';
import { ClosedBlocks } from '../../../../src/gateway/measure/closed-blocks.ts';
import type { Block } from '../../../../src/stats/block.ts';

const FACTS = Object.fromEntries(Array.from({ length: 999 }, (_, n) => [`present /${n}`, 1]));
const EMPTY = { requests: 0, errors: 0, clientErrors: 0, latency: {} };
const block = (startedAt: number): Block => {
  const tally = { ...EMPTY, requests: 1, shapes: { 'GET /a 2xx': { answers: 1, facts: FACTS } } };
  const none = { stable: EMPTY, canary: EMPTY };
  return {
    startedAt,
    durationMs: 5,
    splitEpoch: 1,
    canaryBps: 1,
    stable: tally,
    canary: tally,
    forced: none,
    ruled: none,
  };
};

describe('blocks that nobody collects', () => {
  const haveShapes = (closed: ClosedBlocks) =>
    closed.after(null).map(({ stable, canary }) => stable?.shapes !== undefined && canary?.shapes !== undefined);

  it('keep what answers looked like in the last of them, and all other counts', () => {
    const closed = new ClosedBlocks();
    for (let at = 0; at < 60; at += 1) closed.add(block(at));
    expect(haveShapes(closed)).toEqual(Array.from({ length: 60 }, (_, at) => at >= 10));
    expect(closed.after(null)[0]?.stable).toEqual({ ...EMPTY, requests: 1 });
    const { cursor } = closed;
    closed.forget(cursor);
    for (let at = 0; at < 51; at += 1) closed.add(block(at));
    expect(haveShapes(closed).filter((has) => !has)).toHaveLength(1);
  });

  it('keep where compared answers differed in the last of them', () => {
    const closed = new ClosedBlocks();
    const differing = { differs: 1, noise: 0, both: 0 };
    const fields = Object.fromEntries(Array.from({ length: 1_998 }, (_, n) => [`GET /a 2xx /${n}`, differing]));
    const pairs = { compared: 1, unusable: 0, places: { 'GET /a 2xx': 1 }, fields };
    for (let at = 0; at < 60; at += 1) {
      const tally = { ...EMPTY, requests: 1 };
      closed.add({ ...block(at), stable: tally, canary: tally, pairs });
    }
    expect(closed.after(null).map((one) => one.pairs !== undefined)).toEqual(
      Array.from({ length: 60 }, (_, at) => at >= 10),
    );
    expect(closed.after(null)[0]).toMatchObject({ startedAt: 0, stable: { requests: 1 } });
  });
});
