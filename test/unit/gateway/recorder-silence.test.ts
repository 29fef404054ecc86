import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import { GROUPS } from '../../../src/stats/block.ts';
import { orderTo } from '../../support/gateway.ts';

function recorderAt() {
  let now = 1_000_000;
  const orderOf = (epoch: number) =>
    orderTo('http://v1', 'http://v2', {
      epoch,
      canaryBps: 5_000,
      measure: { blockMs: 1_000, errorStatuses: ['5xx'] },
    });
  const recorder = new RouteRecorder(
    clockFrom(() => now),
    orderOf(1),
  );
  return {
    recorder,
    orderOf,
    pass: (ms: number) => {
      now += ms;
    },
    /** Collected with a slow age of 300 ms: overdue after 3 s. */
    blocks: () => recorder.collect(null, 300).blocks,
  };
}

describe('a request without an answer', () => {
  it('is unanswered at ten times the slow age, once, in the block open by then', () => {
    const { recorder, pass, blocks } = recorderAt();
    recorder.begin('canary', 'weight');
    recorder.complete(recorder.begin('stable', 'weight'));
    pass(2_900);
    expect(blocks().map(({ canary }) => canary?.unanswered)).toEqual([undefined, undefined]);
    pass(200);
    blocks();
    pass(2_000);
    const held = blocks();
    expect(held.map(({ canary }) => canary?.unanswered)).toEqual([undefined, undefined, undefined, 1, undefined]);
    expect(held.every(({ canary }) => canary?.requests === 0)).toBe(true);
    expect(held.every(({ stable }) => stable?.unanswered === undefined)).toBe(true);
  });

  it('that ends later is a request of the block in which it ends', () => {
    const { recorder, pass, blocks } = recorderAt();
    const hung = recorder.begin('canary', 'weight');
    pass(1_000);
    blocks();
    pass(3_000);
    blocks();
    recorder.fail(hung);
    pass(1_000);
    const canary = blocks().map((block) => [block.canary?.requests, block.canary?.errors, block.canary?.unanswered]);
    expect(canary.at(-1)).toEqual([1, 1, 1]);
  });

  it('is none when its head has come, when it ended in time, or when its client broke it off', () => {
    const { recorder, pass, blocks } = recorderAt();
    const [answered, failed, left] = [1, 2, 3].map(() => recorder.begin('canary', 'weight'));
    if (!answered || !failed || !left) throw new Error('three tickets');
    pass(1_400);
    blocks();
    recorder.answered(answered, 200, 'whole');
    recorder.fail(failed);
    recorder.leave(left);
    pass(10_000);
    expect(blocks().map(({ canary }) => canary?.unanswered ?? 0)).not.toContain(1);
  });

  it('counts for no version under another split', () => {
    const { recorder, orderOf, pass, blocks } = recorderAt();
    recorder.begin('canary', 'weight');
    pass(1_400);
    blocks();
    recorder.follow(orderOf(2));
    pass(10_000);
    blocks();
    pass(1_000);
    expect(blocks().map(({ canary }) => canary?.unanswered ?? 0)).not.toContain(1);
  });

  it('is overdue no sooner than after a second', () => {
    const { recorder, pass } = recorderAt();
    recorder.begin('canary', 'weight');
    pass(1_010);
    recorder.collect(null, 20);
    pass(500);
    recorder.collect(null, 20);
    pass(1_000);
    const unanswered = recorder.collect(null, 20).blocks.map(({ canary }) => canary?.unanswered ?? 0);
    expect(unanswered).toEqual([0, 1]);
  });
});

describe('a request whose client went away', () => {
  it("is unanswered in the block in which it began, if it was the version's turn", () => {
    const { recorder, pass, blocks } = recorderAt();
    const [waited, taking] = [recorder.begin('canary', 'weight'), recorder.begin('canary', 'weight')];
    pass(900);
    recorder.abandon(waited, 'versions');
    recorder.abandon(taking, 'clients');
    pass(600);
    const [block] = blocks();
    expect(block?.canary).toMatchObject({ requests: 0, errors: 0, unanswered: 1, latency: {} });
    expect(block?.drawn).toEqual({ stable: 0, canary: 2 });
    expect(recorder.totals().find(({ track }) => track === 'canary')?.outcomes['client-gone']).toBe(2);
  });

  it('was slow, too, if it had waited for longer than the slow age', () => {
    const { recorder, pass, blocks } = recorderAt();
    blocks();
    const [quick, slow] = [recorder.begin('canary', 'weight'), recorder.begin('canary', 'weight')];
    pass(290);
    recorder.abandon(quick, 'versions');
    pass(20);
    recorder.abandon(slow, 'versions');
    pass(1_000);
    const latency = Object.values(blocks()[0]?.canary?.latency ?? {});
    expect(latency).toEqual([1]);
  });

  it('counts once, whether it leaves before it is overdue or after that', () => {
    const { recorder, orderOf, pass, blocks } = recorderAt();
    const [soon, late, other] = [1, 2, 3].map(() => recorder.begin('canary', 'weight'));
    if (!soon || !late || !other) throw new Error('three tickets');
    pass(1_400);
    blocks();
    recorder.abandon(soon, 'versions');
    pass(2_000);
    blocks();
    recorder.abandon(late, 'versions');
    recorder.follow(orderOf(2));
    recorder.abandon(other, 'versions');
    pass(10_000);
    const unanswered = blocks().reduce((sum, { canary }) => sum + (canary?.unanswered ?? 0), 0);
    expect(unanswered).toBe(3);
  });
});

describe('shadow groups', () => {
  it("are the stable's randomised requests and errors by the hash that routed them", () => {
    const { recorder, pass, blocks } = recorderAt();
    const end = (track: 'stable' | 'canary', by: 'weight' | 'force', hash: number, status: number) => {
      const ticket = recorder.begin(track, by, { hash, unit: null, key: null, isAgain: false });
      recorder.answered(ticket, status, 'whole');
      recorder.complete(ticket);
    };
    end('stable', 'weight', 3, 200);
    end('stable', 'weight', 4_294_967_295, 503);
    recorder.fail(recorder.begin('stable', 'weight', { hash: 23, unit: null, key: null, isAgain: false }));
    end('stable', 'force', 5, 503);
    end('canary', 'weight', 5, 503);
    pass(1_000);
    const [block] = blocks();
    const counts = (entries: Readonly<Record<number, number>>) =>
      Array.from({ length: GROUPS }, (_, group) => entries[group] ?? 0);
    expect(block?.stable?.groups).toEqual({
      requests: counts({ 3: 2, [4_294_967_295 % GROUPS]: 1 }),
      errors: counts({ 3: 1, [4_294_967_295 % GROUPS]: 1 }),
    });
    expect(block?.canary?.groups).toBeUndefined();
    expect(block?.forced.stable.groups).toBeUndefined();
  });
});
