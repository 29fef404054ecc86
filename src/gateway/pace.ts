import { Turn } from './turn.ts';

/** How a request body keeps coming, as far as it is the client's turn: what the upstream does not take is not waited for. */
export class Pace {
  private readonly uploadMs: number;
  private readonly turn = new Turn();
  /** Monotonic ms since when nothing came, while it is the client's turn. */
  private silentSince: number | null = null;

  constructor(uploadMs: number) {
    this.uploadMs = uploadMs;
  }

  /** It is the client's turn, or still is after some bytes of it; `now`: monotonic ms. */
  await(now: number): void {
    this.turn.begin(now);
    this.silentSince = now;
  }

  /** It is not the client's turn. */
  hold(now: number): void {
    this.turn.end(now);
    this.silentSince = null;
  }

  /** Whether the client was silent for too long. */
  isLate(now: number): boolean {
    return this.silentSince !== null && now - this.silentSince >= this.uploadMs;
  }

  /** How long the client was waited for. */
  waitedMs(now: number): number {
    return this.turn.totalMs(now);
  }
}
