/** How a request body keeps coming, as far as it is the client's turn: what the upstream does not take is not waited for. */
export class Pace {
  private readonly uploadMs: number;
  /** Monotonic ms since when the client is waited for; null while it is not. */
  private since: number | null = null;

  constructor(uploadMs: number) {
    this.uploadMs = uploadMs;
  }

  /** It is the client's turn, or still is after some bytes of it; `now`: monotonic ms. */
  await(now: number): void {
    this.since = now;
  }

  /** It is not the client's turn. */
  hold(): void {
    this.since = null;
  }

  /** Whether the client was silent for too long. */
  isLate(now: number): boolean {
    return this.since !== null && now - this.since >= this.uploadMs;
  }
}
