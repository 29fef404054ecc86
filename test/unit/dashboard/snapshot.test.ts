import { setImmediate as settled } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { FeedEvent } from '../../../src/dashboard/live/event-lines.ts';
import { feedPosition } from '../../../src/dashboard/live/position.ts';
import type { ApiReply } from '../../../src/dashboard/live/requests.ts';
import { Snapshot, type SnapshotState } from '../../../src/dashboard/live/snapshot.ts';

const event = (seq: number, route = 'pay', kind = 'rollout', boot = 'b'): FeedEvent => ({
  id: `${boot}.${seq}`,
  kind,
  data: { route },
});

/** A snapshot whose readings are answered by hand, on a clock that is set by hand. */
function stage(first?: SnapshotState<string>) {
  const open: ((reply: ApiReply<string>) => void)[] = [];
  const timers: { at: number; run: () => void }[] = [];
  let now = 10_000;
  const snapshot = new Snapshot<string>({
    ...(first && { first }),
    read: () => new Promise((resolve) => open.push(resolve)),
    concerns: ({ data }) => data.route === 'pay',
    now: () => now,
    later: (run, ms) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
  });
  return {
    snapshot,
    reading: () => open.length,
    async reply(seq: number, data = `read at ${seq}`, boot = 'b') {
      open.shift()?.({ kind: 'ok', data, position: feedPosition(`${boot}.${seq}`), next: null });
      await settled();
    },
    async refuse(status: number) {
      open.shift()?.({ kind: 'refused', status, detail: 'no', body: null });
      await settled();
    },
    pass(ms: number) {
      now += ms;
      for (const due of timers.filter(({ at }) => at <= now)) {
        timers.splice(timers.indexOf(due), 1);
        due.run();
      }
    },
  };
}

describe('a snapshot', () => {
  it('shows what was seen before until it has read, and no more of it once it may not be read', async () => {
    const { snapshot, reply, refuse, pass } = stage({ data: 'seen', readAt: 1, trouble: null });
    expect(snapshot.state.value.data).toBe('seen');
    await refuse(401);
    expect(snapshot.state.value).toMatchObject({ data: 'seen', trouble: { status: 401 } });
    pass(1_000);
    snapshot.refresh();
    await reply(5);
    expect(snapshot.state.value.data).toBe('read at 5');
    pass(1_000);
    snapshot.refresh();
    await refuse(403);
    expect(snapshot.state.value).toMatchObject({ data: null, trouble: { status: 403 } });
  });

  it('is read again for what concerns it after its position, and for nothing else', async () => {
    const { snapshot, reply, reading, pass } = stage();
    await reply(5);
    pass(1_000);
    snapshot.take(event(4));
    snapshot.take(event(5));
    snapshot.take(event(6, 'cart'));
    expect(reading()).toBe(0);
    snapshot.take(event(7));
    expect(reading()).toBe(1);
  });

  it('misses nothing that happens while it is read', async () => {
    const { snapshot, reply, reading, pass } = stage();
    snapshot.take(event(6));
    snapshot.take(event(7, 'cart'));
    await reply(5);
    expect(snapshot.state.value.data).toBe('read at 5');
    pass(1_000);
    expect(reading()).toBe(1);
    await reply(7);
    expect(snapshot.state.value.data).toBe('read at 7');
    pass(60_000);
    expect(reading()).toBe(0);
  });

  it('is not read again for what it shows already', async () => {
    const { snapshot, reply, reading, pass } = stage();
    snapshot.take(event(6));
    await reply(6);
    pass(60_000);
    expect(reading()).toBe(0);
  });

  it('begins at once, and then at most once a second', async () => {
    const { snapshot, reply, reading, pass } = stage();
    await reply(1);
    pass(5_000);
    snapshot.take(event(2));
    expect(reading()).toBe(1);
    await reply(2);
    for (let seq = 3; seq < 50; seq++) snapshot.take(event(seq));
    expect(reading()).toBe(0);
    pass(999);
    expect(reading()).toBe(0);
    pass(1);
    expect(reading()).toBe(1);
  });

  it.each([
    [1_000, 4_000],
    [14_000, 5_000],
  ])(
    'that took %i ms to read rests for %i ms: four times as long, and never so long that it is old',
    async (tookMs, restMs) => {
      const { snapshot, reply, reading, pass } = stage();
      pass(tookMs);
      await reply(1);
      snapshot.take(event(2));
      pass(restMs - 1);
      expect(reading()).toBe(0);
      pass(1);
      expect(reading()).toBe(1);
    },
  );

  it('is read again after a reset, another process, and a greeting that is further', async () => {
    for (const news of [event(5, 'cart', 'reset'), event(1, 'cart', 'hello', 'other'), event(9, 'cart', 'hello')]) {
      const { snapshot, reply, reading, pass } = stage();
      await reply(5);
      pass(1_000);
      snapshot.take(event(5, 'cart', 'hello'));
      expect(reading(), news.id).toBe(0);
      snapshot.take(news);
      expect(reading(), news.id).toBe(1);
    }
  });

  it('keeps what it has and says why there is nothing newer', async () => {
    const { snapshot, reply, refuse, reading, pass } = stage();
    await reply(5);
    pass(1_000);
    snapshot.take(event(6));
    await refuse(503);
    expect(snapshot.state.value).toMatchObject({ data: 'read at 5', trouble: { status: 503 } });
    pass(5_000);
    expect(reading()).toBe(1);
    await reply(6);
    expect(snapshot.state.value).toMatchObject({ data: 'read at 6', trouble: null });
  });

  it('does not ask again for what is not there, nor after its end', async () => {
    const { snapshot, refuse, reading, pass } = stage();
    await refuse(404);
    pass(60_000);
    expect(reading()).toBe(0);
    snapshot.end();
    snapshot.refresh();
    expect(reading()).toBe(0);
  });
});
