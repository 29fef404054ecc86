import type { OutboxItem } from '../store/store.ts';
import { attempt, retryDelayMs } from './attempt.ts';
import type { ControllerPorts } from './ports.ts';

const AT_ONCE = 20;

type Parts = Pick<ControllerPorts, 'store' | 'channels' | 'log' | 'memory'>;

/**
 * Delivers what is due in the outbox, each item separately and at least once with the same id. No decision waits for it: a
 * channel that is down, slow or hostile costs one time-out of its own and is retried later.
 */
export async function deliverDue(ports: Parts): Promise<number> {
  const due = await ports.store.outbox.due(AT_ONCE);
  await Promise.all(due.map((item) => deliver(ports, item)));
  return due.length;
}

async function deliver(ports: Parts, item: OutboxItem): Promise<void> {
  if (await ports.memory.messages.take(item.channel, item.message)) {
    return ports.store.outbox.settle(item.id, { kind: 'delivered' });
  }
  const channel = ports.channels.find(({ name }) => name === item.channel);
  const delivery = channel
    ? await attempt(channel, item.message, ports.log)
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
