import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import { orderTo } from '../../support/gateway.ts';

const MEASURE = { blockMs: 1_000, errorStatuses: ['5xx'] } as const;

function recorderAt(slices: 'on' | 'off') {
  let now = 1_000_000;
  const orderOf = (epoch: number) => orderTo('http://v1', 'http://v2', { epoch, canaryBps: 5_000, measure: MEASURE });
  const recorder = new RouteRecorder(
    clockFrom(() => now),
    orderOf(1),
    {},
    { slices, templates: [], assignmentOf: () => 'per-request' },
  );
  const answer = (track: 'stable' | 'canary', path: string, status: number, body: 'some' | 'empty' = 'some') => {
    const ticket = recorder.begin(track, 'weight');
    ticket.describe('GET', path, null);
    recorder.answered(ticket, status, 'whole');
    if (body === 'empty') recorder.empty(ticket);
    recorder.complete(ticket);
  };
  const nextBlock = () => {
    now += 1_000;
    return recorder.collect(null, 300).blocks.at(-1);
  };
  /** How many latencies of the canary the last block has. */
  const timed = () => Object.values(nextBlock()?.canary?.latency ?? {}).reduce((sum, count) => sum + count, 0);
  return { answer, nextBlock, timed };
}

describe('the latency of an answer that the stable seldom gives', () => {
  it.each<[number, 'some' | 'empty']>([
    [302, 'some'],
    [304, 'some'],
    [204, 'empty'],
    [200, 'empty'],
  ])('%d with %s body is left out, and counted once it is usual', (status, body) => {
    const { answer, nextBlock, timed } = recorderAt('off');
    for (let request = 0; request < 97; request += 1) answer('stable', '/', 200);
    for (let request = 0; request < 3; request += 1) answer('stable', '/', status, body);
    nextBlock();
    answer('canary', '/', status, body);
    answer('canary', '/', 200);
    for (let request = 0; request < 30; request += 1) answer('stable', '/', status, body);
    expect(timed()).toBe(1);
    answer('canary', '/', status, body);
    expect(timed()).toBe(1);
  });

  it('is held against the endpoint where that is known', () => {
    const { answer, nextBlock, timed } = recorderAt('on');
    for (let request = 0; request < 50; request += 1) {
      answer('stable', '/go', 302);
      answer('stable', '/cart', 200);
    }
    nextBlock();
    for (const path of ['/go', '/cart']) answer('canary', path, 302);
    expect(timed()).toBe(1);
    answer('canary', '/elsewhere', 302);
    expect(timed()).toBe(1);
  });

  it('is not left out before the stable has answered enough', () => {
    const { answer, nextBlock, timed } = recorderAt('on');
    for (let request = 0; request < 19; request += 1) answer('stable', '/', 200);
    nextBlock();
    answer('canary', '/', 302);
    expect(timed()).toBe(1);
  });

  it('is what was usual before the block', () => {
    const { answer, nextBlock, timed } = recorderAt('on');
    for (let request = 0; request < 40; request += 1) answer('stable', '/', 200);
    nextBlock();
    for (let request = 0; request < 40; request += 1) answer('stable', '/', 302);
    answer('canary', '/', 302);
    expect(timed()).toBe(0);
  });

  it('is never that of content where the route usually has it', () => {
    const { answer, nextBlock, timed } = recorderAt('on');
    for (let request = 0; request < 50; request += 1) {
      answer('stable', '/go', 302);
      answer('stable', '/cart', 200);
    }
    nextBlock();
    answer('canary', '/go', 200);
    expect(timed()).toBe(1);
  });
});
