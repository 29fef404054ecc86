import type { Log } from '../problem/log.ts';
import type { TokenStore } from '../store/store.ts';

const WRITTEN_EVERY_MS = 60_000;

/**
 * When tokens were last used. It is remembered here and written now and then, so that no request waits for it or fails by it; what
 * could not be written waits for the next time.
 */
export class LastUses {
  private readonly usedAt = new Map<string, number>();
  private readonly unwritten = new Set<string>();
  private readonly tokens: Pick<TokenStore, 'used'>;
  private readonly now: () => number;
  private readonly log: Log;
  private writing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(tokens: Pick<TokenStore, 'used'>, now: () => number, log: Log) {
    this.tokens = tokens;
    this.now = now;
    this.log = log;
  }

  /** Of tokens that were found alone: there are no more of them than the database has. */
  used(id: string): void {
    this.usedAt.set(id, this.now());
    this.unwritten.add(id);
  }

  /** As far as this process knows, epoch ms. */
  lastOf(id: string): number | null {
    return this.usedAt.get(id) ?? null;
  }

  start(): void {
    this.timer = setInterval(() => void this.write(), WRITTEN_EVERY_MS).unref();
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }

  /** Each at most once, one writing at a time. */
  write(): Promise<void> {
    this.writing = this.writing.then(() => this.writeDue());
    return this.writing;
  }

  private async writeDue(): Promise<void> {
    const due = new Map([...this.unwritten].map((id) => [id, this.usedAt.get(id) ?? 0]));
    if (due.size === 0) return;
    this.unwritten.clear();
    try {
      await this.tokens.used(due);
    } catch (error) {
      for (const id of due.keys()) this.unwritten.add(id);
      this.log({ what: 'lastUsesNotWritten', level: 'warn', error });
    }
  }
}
