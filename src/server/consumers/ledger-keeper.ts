import { addConsumerDays, type ConsumerDay, ledgerKeyOf } from '../../consumers/ledger/consumer-day.ts';
import type { MeasurePort } from '../../gateway/gateway.ts';
import type { Log } from '../../problem/log.ts';
import { Problem } from '../../problem/problem.ts';
import type { LedgerBatch, Store } from '../../store/store.ts';

const EVERY_MS = 30_000;
const FORGET_EVERY_MS = 86_400_000;
/** Rows of a batch: others want the database in between. */
const MOST_AT_ONCE = 500;
/** Rows that wait for the database: from here on unlisted credentials are no longer told from each other. */
const MOST_WAITING = 20_000;

export interface LedgerKeeperParts {
  readonly gateway: Pick<MeasurePort, 'takeConsumerDays'>;
  readonly store: Pick<Store, 'consumerLedger'>;
  /** An id that no other process has, or had. */
  readonly writer: string;
  readonly log: Log;
}

/**
 * Brings what the gateway counted of consumers into the database, and adds it up while that is away. What was sent and not
 * confirmed is sent again as it was, under its number, so that it counts once. A process that is killed loses the last half minute.
 */
export class LedgerKeeper {
  private readonly parts: LedgerKeeperParts;
  private readonly waiting = new Map<string, ConsumerDay>();
  /** Sent, and perhaps added. */
  private sent: LedgerBatch | null = null;
  private seq = 0;
  private timer: NodeJS.Timeout | null = null;
  private forgotAt = Number.NEGATIVE_INFINITY;
  private turn: Promise<void> = Promise.resolve();

  constructor(parts: LedgerKeeperParts) {
    this.parts = parts;
  }

  start(): void {
    this.timer ??= setInterval(() => void this.settle(), EVERY_MS).unref();
  }

  /** For the last time: the gateway has stopped, and the store has not. */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.settle();
  }

  /** All that was counted so far is in the database afterwards, if that answers. */
  settle(): Promise<void> {
    this.turn = this.turn
      .then(() => this.bring())
      .catch((error: unknown) => {
        this.parts.log({ what: 'consumerLedgerUnsaved', level: 'warn', error });
      });
    return this.turn;
  }

  private async bring(): Promise<void> {
    const { gateway, store } = this.parts;
    for (const day of await gateway.takeConsumerDays()) this.wait(day);
    await this.send();
    while (this.waiting.size > 0) {
      const next = [...this.waiting].slice(0, MOST_AT_ONCE);
      for (const [key] of next) this.waiting.delete(key);
      this.sent = { writer: this.parts.writer, seq: ++this.seq, days: next.map(([, day]) => day) };
      await this.send();
    }
    if (performance.now() - this.forgotAt < FORGET_EVERY_MS) return;
    await store.consumerLedger.forget();
    this.forgotAt = performance.now();
  }

  private wait(day: ConsumerDay): void {
    const isOther =
      day.who.kind === 'unlisted' && this.waiting.size >= MOST_WAITING && !this.waiting.has(ledgerKeyOf(day));
    const row: ConsumerDay = isOther ? { ...day, who: { kind: 'unlisted-others' } } : day;
    const key = ledgerKeyOf(row);
    const before = this.waiting.get(key);
    this.waiting.set(key, before === undefined ? row : addConsumerDays(before, row));
  }

  private async send(): Promise<void> {
    if (this.sent === null) return;
    try {
      await this.parts.store.consumerLedger.add(this.sent);
    } catch (error) {
      // Only then may it be taken another time: what the database refuses, it would refuse each time.
      if (error instanceof Problem && error.code === 'unavailable') throw error;
      const requests = this.sent.days.reduce((sum, day) => sum + day.requests, 0);
      this.parts.log({ what: 'consumerLedgerLost', level: 'error', requests, error });
    }
    this.sent = null;
  }
}
