import type { Channel, Delivery } from '../notify/channel.ts';
import type { Log } from '../problem/log.ts';
import type { Message } from '../rollout/message.ts';
import type { RolloutChange } from '../store/store.ts';
import { attempt, retryDelayMs } from './attempt.ts';

type Address = RolloutChange['deliveries'][number];

interface Open extends Address {
  attempts: number;
  dueAtMs: number;
  running: Promise<void> | null;
}

/**
 * Messages sent to their channels without the outbox, because the outbox is in a database that is away. The commit
 * that follows puts the same message into the outbox, under the same id: a message sent here is not sent again.
 */
export class DirectMessages {
  private readonly monotonic: () => number;
  private readonly open = new Map<string, Open>();
  /** By key: the id under which the outbox has it, or null while it has not. */
  private readonly said = new Map<string, string | null>();

  constructor(monotonic: () => number) {
    this.monotonic = monotonic;
  }

  /** The first wording stands: composed again, the message would have another time and other figures. */
  add(deliveries: readonly Address[]): void {
    for (const delivery of deliveries) {
      const key = keyOf(delivery.channel, delivery.message);
      const recordedAs = this.said.get(key);
      if (this.open.has(key) || recordedAs === null || recordedAs === delivery.message.id) continue;
      // What was sent is recorded by now: another page of the same incident is news.
      this.said.delete(key);
      this.open.set(key, { ...delivery, attempts: 0, dueAtMs: this.monotonic(), running: null });
    }
  }

  /** Sends what is due; the rest waits for the next call. */
  async send({ channels, log }: { readonly channels: readonly Channel[]; readonly log: Log }): Promise<void> {
    const due = [...this.open].filter(([, item]) => item.running === null && item.dueAtMs <= this.monotonic());
    await Promise.all(
      due.map(([key, item]) => {
        item.running = this.deliver(key, item, channels, log).finally(() => {
          item.running = null;
        });
        return item.running;
      }),
    );
  }

  /** Whether the message was already sent here; from now on the outbox owns it. */
  async take(channel: string, message: Message): Promise<boolean> {
    const key = keyOf(channel, message);
    await this.open.get(key)?.running;
    this.open.delete(key);
    const recordedAs = this.said.get(key);
    if (recordedAs === undefined) return false;
    // Only one message of the outbox is the one that was sent; a later page of the same incident is news.
    if (recordedAs !== null) return recordedAs === message.id;
    this.said.set(key, message.id);
    return true;
  }

  /** Resolves when no message is in flight. */
  async idle(): Promise<void> {
    await Promise.all([...this.open.values()].flatMap(({ running }) => (running ? [running] : [])));
  }

  private async deliver(key: string, item: Open, channels: readonly Channel[], log: Log): Promise<void> {
    const channel = channels.find(({ name }) => name === item.channel);
    if (!channel) return void this.open.delete(key);
    item.attempts += 1;
    const delivery: Delivery = await attempt(channel, item.message, log);
    const facts = { channel: item.channel, message: item.message.id, attempts: item.attempts };
    if (delivery.kind === 'failed') {
      const retryInMs = retryDelayMs(item.attempts, delivery.retryAfterMs);
      item.dueAtMs = this.monotonic() + retryInMs;
      log({ what: 'notificationFailed', level: 'warn', ...facts, reason: delivery.reason, retryInMs });
      return;
    }
    this.said.set(key, null);
    this.open.delete(key);
    if (delivery.kind === 'rejected') {
      log({ what: 'notificationRejected', level: 'error', ...facts, reason: delivery.reason });
    } else log({ what: 'notifiedWithoutDatabase', ...facts });
  }
}

/**
 * A page is identified by its incident and by what it says of it, for harm that holds may be taken back after all: the id counts the rollout's versions, one of which may have been committed unnoticed.
 * Any other message is identified by its id, because a rollout has many.
 */
function keyOf(channel: string, { id, dedupKey, kind, subject }: Message): string {
  return kind === 'page' ? `${channel} ${dedupKey} ${subject ?? ''}` : `${channel} ${id}`;
}
