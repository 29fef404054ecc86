/** A request body that is not whole yet. */
export interface Watched {
  /** Ends it when its client is too slow; `now`: monotonic ms. */
  check(now: number): void;
}

/** Looks after all bodies that are on their way: only those that did not come with their head get here. */
export class UploadWatch {
  private readonly everyMs: number;
  private readonly uploads = new Set<Watched>();
  private timer: NodeJS.Timeout | null = null;

  constructor(everyMs: number) {
    this.everyMs = everyMs;
  }

  add(upload: Watched): void {
    this.uploads.add(upload);
    this.timer ??= setInterval(() => this.sweep(), this.everyMs).unref();
  }

  delete(upload: Watched): void {
    this.uploads.delete(upload);
    if (this.uploads.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  /** After a pause of this process, what came in the meantime is read before anybody is called late. */
  private sweep(): void {
    setImmediate(() => {
      const now = performance.now();
      for (const upload of this.uploads) upload.check(now);
    });
  }
}
