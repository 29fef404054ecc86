import type { Faults } from '../http/faults.ts';
import type { Share } from '../http/share.ts';
import { Sweeper } from '../http/sweeper.ts';

/** A request body that is not complete yet. */
export interface Watched {
  /** Its client address's share, once it occupies an upstream. */
  readonly share: Share | null;
  /** Ends it if its client is too slow; `now`: monotonic ms. */
  check(now: number): void;
  /** `check` threw. */
  onFault(error: unknown): void;
}

/** Watches all bodies in transit; only those that did not come with their head get here. */
export class UploadWatch {
  private readonly uploads = new Set<Watched>();
  private readonly sweeper: Sweeper;

  constructor(everyMs: number, faults: Faults) {
    this.sweeper = new Sweeper(everyMs, (now) => this.sweep(now), faults);
  }

  add(upload: Watched): void {
    this.uploads.add(upload);
    upload.share?.uploadBegan();
    this.sweeper.start();
  }

  delete(upload: Watched): void {
    if (!this.uploads.delete(upload)) return;
    upload.share?.uploadEnded();
    if (this.uploads.size === 0) this.sweeper.stop();
  }

  /** Ends the wait. */
  stop(): void {
    this.sweeper.stop();
  }

  private sweep(now: number): void {
    for (const upload of this.uploads) {
      try {
        upload.check(now);
      } catch (error) {
        upload.onFault(error);
      }
    }
  }
}
