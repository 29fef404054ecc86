import type { Store } from '../store/store.ts';

/** How far the database's clock is from the monotonic one, and by how much that may be wrong, in ms. */
export interface ClockOffset {
  readonly ms: number;
  readonly unsureMs: number;
}

/** The database's clock beside the monotonic one: whether it was set, and an estimate while it cannot be asked. */
export class DatabaseTime {
  private readonly monotonic: () => number;
  private heard: ClockOffset | null = null;

  constructor(monotonic: () => number) {
    this.monotonic = monotonic;
  }

  /** Asks for the time: epoch ms. It was read somewhere between the question and the answer. */
  async ask(store: Pick<Store, 'now'>): Promise<number> {
    const askedAtMs = this.monotonic();
    const at = await store.now();
    const unsureMs = (this.monotonic() - askedAtMs) / 2;
    this.heard = { ms: at - askedAtMs - unsureMs, unsureMs };
    return at;
  }

  /** As it was when it was last asked; null before that. */
  offset(): ClockOffset | null {
    return this.heard;
  }

  estimate(): number {
    return this.heard === null ? Date.now() : Math.round(this.heard.ms + this.monotonic());
  }
}
