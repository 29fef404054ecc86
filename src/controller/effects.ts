import type { Channel, Delivery } from '../notify/channel.ts';
import { messageOf } from '../problem/log.ts';
import type { OutboxItem } from '../store/store.ts';
import type { ControllerPorts } from './ports.ts';

const DELIVERY_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 3_600_000;
const AT_ONCE = 20;

/** 1 s, 2 s, 4 s ... up to an hour; a channel that names its own time is given at least that. */
export function retryDelayMs(attempts: number, askedMs = 0): number {
  const backOff = FIRST_RETRY_MS * 2 ** Math.min(attempts, 20);
  return Math.max(Math.min(backOff, LONGEST_RETRY_MS), Math.min(askedMs, LONGEST_RETRY_MS));
}

/**
 * Delivers what is due in the outbox, each item by itself and at least once with the same id. No decision waits for it: a
 * channel that is down, slow or hostile costs one time-out of its own and is tried again later.
 */
export async function deliverDue(ports: Pick<ControllerPorts, 'store' | 'channels' | 'log'>): Promise<number> {
  const due = await ports.store.outbox.due(AT_ONCE);
  await Promise.all(due.map((item) => deliver(ports, item)));
  return due.length;
}

async function deliver(ports: Pick<ControllerPorts, 'store' | 'channels' | 'log'>, item: OutboxItem): Promise<void> {
  const channel = ports.channels.find(({ name }) => name === item.channel);
  const delivery = channel
    ? await attempt(channel, item)
    : ({ kind: 'failed', reason: `channel ${item.channel} is not configured` } as const);
  const facts = { channel: item.channel, message: item.message.id, attempts: item.attempts + 1 };
  switch (delivery.kind) {
    case 'delivered':
      return ports.store.outbox.settle(item.id, delivery);
    case 'rejected':
      ports.log({ what: 'notificationRejected', level: 'error', ...facts, reason: delivery.reason });
      return ports.store.outbox.settle(item.id, delivery);
    case 'failed': {
      const retryInMs = retryDelayMs(item.attempts, delivery.retryAfterMs);
      ports.log({ what: 'notificationFailed', level: 'warn', ...facts, reason: delivery.reason, retryInMs });
      return ports.store.outbox.settle(item.id, { kind: 'failed', reason: delivery.reason, retryInMs });
    }
  }
}

async function attempt(channel: Channel, item: OutboxItem): Promise<Delivery> {
  try {
    return await channel.deliver(item.message, AbortSignal.timeout(DELIVERY_TIMEOUT_MS));
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  }
}
