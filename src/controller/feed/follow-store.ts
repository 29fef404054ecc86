import type { Log } from '../../problem/log.ts';
import { Problem } from '../../problem/problem.ts';
import type { RolloutRecord } from '../../rollout/record.ts';
import type { Store } from '../../store/store.ts';
import type { Publisher } from './publisher.ts';

const PAGE = 100;
const MOST_ACTIVE = 1_000;

export interface FollowParts {
  readonly store: Pick<Store, 'audit' | 'rollouts'>;
  readonly publisher: Publisher;
  /** Whether this process makes the looks; where another does, they are read from the database. */
  readonly leads: () => boolean;
  /** How often the database is read without being asked to, in ms. */
  readonly everyMs: number;
  readonly log: Log;
}

/**
 * Publishes what the database says: every entry of the audit, in its order, whichever process wrote it and whether the
 * answer to its commit came or was lost; and where another process leads, the looks that it commits. Numbers of the
 * audit have no gaps and become visible in their order, so what comes after the last one is everything.
 */
export class StoreFollower {
  private readonly parts: FollowParts;
  /** The last entry that was published; null before `begin`. */
  private seq: number | null = null;
  private timer: NodeJS.Timeout | null = null;
  private reading: Promise<void> | null = null;
  private isAsked = false;
  private isFailing = false;

  constructor(parts: FollowParts) {
    this.parts = parts;
  }

  /** What is there already is not published. To be called before anybody can read the feed. */
  async begin(): Promise<void> {
    const { store, publisher } = this.parts;
    const [newest] = await store.audit.list({ limit: 1 });
    publisher.begin(await store.rollouts.list({ active: true, limit: MOST_ACTIVE }));
    this.seq = newest?.seq ?? 0;
  }

  start(): void {
    this.timer ??= setInterval(() => this.read(), this.parts.everyMs).unref();
  }

  /** Resolves when nothing is being read. */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.reading;
  }

  /** There may be something new: reads it in the background, once more where it reads already. */
  read(): void {
    if (this.seq === null) return;
    this.isAsked = true;
    this.reading ??= this.readWhileAsked().finally(() => {
      this.reading = null;
    });
  }

  private async readWhileAsked(): Promise<void> {
    while (this.isAsked) {
      this.isAsked = false;
      try {
        await this.readAudit(this.seq ?? 0);
        if (!this.parts.leads()) await this.readLooks();
        this.isFailing = false;
      } catch (error) {
        if (!this.isFailing) this.parts.log({ what: 'eventsLate', level: 'warn', error });
        this.isFailing = true;
      }
    }
  }

  private async readAudit(after: number): Promise<void> {
    const { store, publisher } = this.parts;
    for (let last = after; ; ) {
      const entries = await store.audit.after(last, PAGE);
      const records: RolloutRecord[] = [];
      for (const id of new Set(entries.flatMap(({ rolloutId }) => rolloutId ?? []))) {
        const record = await this.find(id);
        if (record !== null) records.push(record);
      }
      // Not before all of it is read: what fails is read again from here.
      for (const record of records) publisher.read(record);
      for (const entry of entries) {
        publisher.decided(entry);
        last = entry.seq;
        this.seq = last;
      }
      if (entries.length < PAGE) return;
    }
  }

  private async readLooks(): Promise<void> {
    const { store, publisher } = this.parts;
    for (const record of await store.rollouts.list({ active: true, limit: MOST_ACTIVE })) publisher.read(record);
  }

  /** Null for a record that cannot be read, which is told elsewhere and must not hold up the others. */
  private async find(id: string): Promise<RolloutRecord | null> {
    try {
      return await this.parts.store.rollouts.find(id);
    } catch (error) {
      if (error instanceof Problem && error.code === 'internal') return null;
      throw error;
    }
  }
}
