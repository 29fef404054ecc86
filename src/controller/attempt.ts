import type { Channel, Delivery } from '../notify/channel.ts';
import { type Log, messageOf } from '../problem/log.ts';
import type { Message } from '../rollout/message.ts';

const DELIVERY_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 3_600_000;

/** 1 s, 2 s, 4 s ... up to an hour; if a channel names a time, the wait is at least that long. */
export function retryDelayMs(attempts: number, askedMs = 0): number {
  const backOff = FIRST_RETRY_MS * 2 ** Math.min(attempts, 20);
  return Math.max(Math.min(backOff, LONGEST_RETRY_MS), Math.min(askedMs, LONGEST_RETRY_MS));
}

/** One attempt to deliver a message; a failure is an outcome. A channel that throws has a bug: it is logged with its stack. */
export async function attempt(channel: Channel, message: Message, log: Log): Promise<Delivery> {
  try {
    return await channel.deliver(message, AbortSignal.timeout(DELIVERY_TIMEOUT_MS));
  } catch (error) {
    const where = { where: 'control-plane', channel: channel.name, message: message.id };
    log({ what: 'internalError', level: 'error', ...where, error });
    return { kind: 'failed', reason: messageOf(error) };
  }
}
