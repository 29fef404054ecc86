import type { Faults } from './faults.ts';

/** How late a sweep may be on a machine that is merely busy. */
const BUSY_MS = 20;

/**
 * Looks regularly for what is late. After a pause of this process, everything that could not be read seems late. So
 * pending input is read before anything is judged, and a sweep that is itself late judges nothing.
 */
export class Sweeper {
  private readonly everyMs: number;
  private readonly look: (now: number) => void;
  private readonly faults: Faults;
  private timer: NodeJS.Timeout | null = null;
  private lastAt = 0;

  /** `look` is given monotonic ms. */
  constructor(everyMs: number, look: (now: number) => void, faults: Faults) {
    this.everyMs = everyMs;
    this.look = look;
    this.faults = faults;
  }

  start(): void {
    if (this.timer) return;
    this.lastAt = performance.now();
    this.timer = setInterval(() => this.faults.attempt(() => this.sweep(), 'timer'), this.everyMs).unref();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private sweep(): void {
    const dueAt = this.lastAt + this.everyMs;
    this.lastAt = performance.now();
    setImmediate(() => {
      const now = performance.now();
      const isLate = now - dueAt > Math.max(this.everyMs, BUSY_MS);
      if (this.timer && !isLate) this.faults.attempt(() => this.look(now), 'timer');
    });
  }
}
