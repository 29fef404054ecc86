import type { Store } from '../store/store.ts';

/** The offset of the database's clock from the monotonic one, and its maximum error, in ms. */
export interface ClockOffset {
  readonly ms: number;
  readonly unsureMs: number;
}

/** The database's clock relative to the monotonic one: detects that it was set, and estimates it while it cannot be read. */
export class DatabaseTime {
  private readonly monotonic: () => number;
  private heard: ClockOffset | null = null;

  constructor(monotonic: () => number) {
    this.monotonic = monotonic;
  }

  /** Reads the time: epoch ms. It was taken somewhere between the question and the answer. */
  async ask(store: Pick<Store, 'now'>): Promise<number> {
    const askedAtMs = this.monotonic();
    const at = await store.now();
    const unsureMs = (this.monotonic() - askedAtMs) / 2;
    this.heard = { ms: at - askedAtMs - unsureMs, unsureMs };
    return at;
  }

  /** The last reading; null before the first. */
  offset(): ClockOffset | null {
    return this.heard;
  }

  estimate(): number {
    return this.heard === null ? Date.now() : Math.round(this.heard.ms + this.monotonic());
  }
}
