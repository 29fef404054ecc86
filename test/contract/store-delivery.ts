import { beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '../../src/rollout/message.ts';
import { insertionOf, messageOf, rolloutOf } from '../support/rollout-fixture.ts';
import { fresh, type StoreBench } from './store-bench.ts';

const HOUR_MS = 3_600_000;

export function outboxContract(bench: () => StoreBench): void {
  const outbox = () => bench().store.outbox;

  describe('the outbox', () => {
    beforeEach(() => bench().privileged('delete from outbox'));

    const enqueue = async (channels: readonly string[]): Promise<Message> => {
      const rollout = rolloutOf({ route: fresh('route') });
      const message = messageOf(rollout);
      const deliveries = channels.map((channel) => ({ channel, message }));
      await bench().store.rollouts.commit(insertionOf(rollout, { deliveries }));
      return message;
    };
    const onlyItem = async () => {
      const [item, more] = await outbox().due(10);
      expect(more).toBeUndefined();
      if (item === undefined) throw new Error('Nothing is due.');
      return item;
    };

    it('has one item per message and channel, oldest first', async () => {
      const first = await enqueue(['pager', 'chat']);
      const second = await enqueue(['chat']);
      const items = await outbox().due(10);
      expect(items.map(({ message }) => message)).toEqual([first, first, second]);
      expect(
        items
          .map(({ channel }) => channel)
          .slice(0, 2)
          .toSorted(),
      ).toEqual(['chat', 'pager']);
      expect(items.every(({ attempts }) => attempts === 0)).toBe(true);
      expect(await outbox().due(2)).toEqual(items.slice(0, 2));
    });

    it('gives a new item at once, although the clock was set back since it was put in', async () => {
      const message = await enqueue(['chat']);
      await bench().privileged(`update outbox set next_at = next_at + interval '300 s'`);
      expect((await onlyItem()).message).toEqual(message);
      await outbox().settle((await onlyItem()).id, { kind: 'failed', reason: '503', retryInMs: 60_000 });
      expect(await outbox().due(10)).toEqual([]);
    });

    it('never gives a delivered item again', async () => {
      await enqueue(['chat']);
      const { id } = await onlyItem();
      await outbox().settle(id, { kind: 'delivered' });
      await outbox().settle(id, { kind: 'failed', reason: 'heard too late', retryInMs: 0 });
      await outbox().settle(id, { kind: 'rejected', reason: 'heard too late' });
      expect(await outbox().due(10)).toEqual([]);
      expect(await outbox().counts()).toEqual({ waiting: 0, delivered: 1, rejected: 0, oldestWaitingAt: null });
    });

    it('never gives a rejected item again', async () => {
      await enqueue(['chat']);
      await outbox().settle((await onlyItem()).id, { kind: 'rejected', reason: '400' });
      expect(await outbox().due(10)).toEqual([]);
      expect(await outbox().counts()).toEqual({ waiting: 0, delivered: 0, rejected: 1, oldestWaitingAt: null });
    });

    it('gives a failed item again when its time has come, and counts the attempts', async () => {
      const message = await enqueue(['chat']);
      const { id } = await onlyItem();
      await outbox().settle(id, { kind: 'failed', reason: '503', retryInMs: 0 });
      expect(await onlyItem()).toEqual({ id, channel: 'chat', message, attempts: 1 });
      await outbox().settle(id, { kind: 'failed', reason: '503', retryInMs: HOUR_MS });
      expect(await outbox().due(10)).toEqual([]);
      expect(await outbox().counts()).toEqual({
        waiting: 1,
        delivered: 0,
        rejected: 0,
        oldestWaitingAt: Date.parse(message.at),
      });
    });

    it('counts by channel what became of its messages, and every attempt that failed', async () => {
      await enqueue(['chat', 'pager']);
      await enqueue(['chat']);
      const [first, second] = (await outbox().due(10)).filter(({ channel }) => channel === 'chat');
      const pager = (await outbox().due(10)).find(({ channel }) => channel === 'pager');
      await outbox().settle(first?.id ?? '', { kind: 'failed', reason: '503', retryInMs: 0 });
      await outbox().settle(first?.id ?? '', { kind: 'delivered' });
      await outbox().settle(second?.id ?? '', { kind: 'failed', reason: '503', retryInMs: HOUR_MS });
      await outbox().settle(pager?.id ?? '', { kind: 'rejected', reason: '400' });
      expect(await outbox().channels()).toEqual([
        { channel: 'chat', waiting: 1, delivered: 1, rejected: 0, failed: 2 },
        { channel: 'pager', waiting: 0, delivered: 0, rejected: 1, failed: 0 },
      ]);
    });

    it('counts the time until the next attempt on the clock of the database', async () => {
      await enqueue(['chat']);
      const { id } = await onlyItem();
      await outbox().settle(id, { kind: 'failed', reason: '503', retryInMs: HOUR_MS });
      const within = (ms: number) => `next_at between clock_timestamp() + interval '${ms - 60_000} milliseconds'
        and clock_timestamp() + interval '${ms} milliseconds'`;
      await bench().privileged(`update outbox set next_at = 'epoch' where ${within(HOUR_MS)}`);
      expect((await onlyItem()).attempts).toBe(1);
    });

    it('keeps the beginning of what a channel said', async () => {
      await enqueue(['chat']);
      const { id } = await onlyItem();
      await outbox().settle(id, { kind: 'failed', reason: 'x'.repeat(1_000_000), retryInMs: 0 });
      await bench().privileged('update outbox set attempts = length(last_error)');
      expect((await onlyItem()).attempts).toBe(500);
    });

    it('tells of one rollout what became of its messages, the newest first', async () => {
      const rollout = rolloutOf({ route: fresh('route') });
      const of = (kind: Message['kind'], version: number, minutes: number, about = rollout) =>
        messageOf(about, {
          id: `${about.id}-${version}-${kind}`,
          kind,
          at: new Date(rollout.startedAt + minutes * 60_000).toISOString(),
        });
      const other = rolloutOf({ route: fresh('route') });
      const started = { channel: 'chat', message: of('note', 2, 1) };
      const paged = { channel: 'pager', message: of('page', 10, 3) };
      const told = { channel: 'chat', message: of('note', 9, 2) };
      await bench().store.rollouts.commit(insertionOf(rollout, { deliveries: [started, paged, told] }));
      await bench().store.rollouts.commit(
        insertionOf(other, { deliveries: [{ channel: 'chat', message: of('note', 2, 4, other) }] }),
      );
      await outbox().settle(`${started.message.id}/chat`, { kind: 'failed', reason: '503', retryInMs: 0 });
      await outbox().settle(`${started.message.id}/chat`, { kind: 'delivered' });
      await outbox().settle(`${told.message.id}/chat`, { kind: 'failed', reason: '503', retryInMs: HOUR_MS });
      await outbox().settle(`${paged.message.id}/pager`, { kind: 'rejected', reason: 'it answered 400' });

      const at = (minutes: number) => rollout.startedAt + minutes * 60_000;
      const found = await outbox().ofRollout(rollout.id, 100);
      expect(found).toEqual([
        {
          kind: 'page',
          channel: 'pager',
          at: at(3),
          deliveredAt: null,
          rejectedAt: expect.any(Number),
          lastError: 'it answered 400',
        },
        { kind: 'note', channel: 'chat', at: at(2), deliveredAt: null, rejectedAt: null, lastError: '503' },
        {
          kind: 'note',
          channel: 'chat',
          at: at(1),
          deliveredAt: expect.any(Number),
          rejectedAt: null,
          lastError: null,
        },
      ]);
      const now = await bench().store.now();
      for (const when of [found[0]?.rejectedAt, found[2]?.deliveredAt]) {
        expect(Math.abs(now - (when ?? 0))).toBeLessThan(60_000);
      }
      expect(await outbox().ofRollout(rollout.id.toUpperCase(), 1)).toEqual(found.slice(0, 1));
      expect(await outbox().ofRollout(rolloutOf().id, 100)).toEqual([]);
    });

    it('takes no notice of an item that is not there', async () => {
      await expect(outbox().settle('nonsense', { kind: 'delivered' })).resolves.toBeUndefined();
    });
  });
}

export function leaseContract(bench: () => StoreBench): void {
  const lease = () => bench().store.lease;
  const epochOf = async (holder: string, ttlMs = HOUR_MS) => (await lease().hold(holder, ttlMs))?.epoch ?? null;

  describe('the lease', () => {
    beforeEach(() => bench().privileged('delete from lease'));

    it('is renewed by its holder under the same epoch, and refused to others', async () => {
      const epoch = await epochOf('a');
      expect(epoch).toBeTypeOf('number');
      expect(await epochOf('a')).toBe(epoch);
      expect(await epochOf('b')).toBeNull();
    });

    it('is taken over under a greater epoch once it has expired', async () => {
      const epoch = await epochOf('a', 0);
      const next = await epochOf('b');
      expect(next).toBeGreaterThan(epoch ?? 0);
      expect(await epochOf('a')).toBeNull();
    });

    it('has a greater epoch when its own holder comes back too late', async () => {
      const epoch = await epochOf('a', 0);
      expect(await epochOf('a')).toBeGreaterThan(epoch ?? 0);
    });

    it('is free at once when released, and its epoch grows all the same', async () => {
      const epoch = await epochOf('a');
      await lease().release('b');
      expect(await epochOf('b')).toBeNull();
      await lease().release('a');
      expect(await epochOf('b')).toBeGreaterThan(epoch ?? 0);
    });

    it('is free when it ends later than any holder asks for: the clock was set back since it was taken', async () => {
      const epoch = await epochOf('a', 60_000);
      expect(await epochOf('b', 60_000)).toBeNull();
      await bench().privileged(`update lease set expires_at = expires_at + interval '300 s'`);
      expect(await epochOf('b', 60_000)).toBeGreaterThan(epoch ?? 0);
    });

    it('has one holder however many reach for it at once', async () => {
      const held = await Promise.all(Array.from({ length: 10 }, (_, number) => epochOf(`holder-${number}`)));
      expect(held.filter((epoch) => epoch !== null)).toHaveLength(1);
    });
  });
}
