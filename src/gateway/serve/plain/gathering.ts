import type { UploadPace } from '../../http/timeouts.ts';
import { PaceMeter } from '../pace.ts';
import type { UploadWatch, Watched } from '../upload-watch.ts';

/** The initial size. It doubles as the client sends more, so a client that sends nothing costs nothing. */
const LEAST_BYTES = 1_024;

export interface GatheringOptions {
  readonly pace: UploadPace;
  readonly watch: UploadWatch;
  /** The client was too slow. */
  readonly onLate: () => void;
  readonly onFault: (error: unknown) => void;
}

/** A head whose body has not arrived far enough yet: see `firstPartOf`. */
export class Gathering implements Watched {
  /** It does not occupy an upstream. */
  readonly share = null;
  private readonly wanted: number;
  private readonly watch: UploadWatch;
  private readonly onLate: () => void;
  readonly onFault: (error: unknown) => void;
  private readonly pace: PaceMeter;
  private memory = Buffer.allocUnsafeSlow(LEAST_BYTES);
  private count = 0;

  /** `wanted`: bytes of head and body together. */
  constructor(wanted: number, { pace, watch, onLate, onFault }: GatheringOptions) {
    this.wanted = wanted;
    this.watch = watch;
    this.onLate = onLate;
    this.onFault = onFault;
    this.pace = new PaceMeter(pace);
    this.pace.await(performance.now());
    watch.add(this);
  }

  /** Everything received so far. */
  get bytes(): Buffer {
    return this.memory.subarray(0, this.count);
  }

  /** Takes the first `count` of `bytes`; returns whether there is enough now. */
  push(bytes: Buffer, count: number): boolean {
    const total = this.count + count;
    if (total > this.memory.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(total, 2 * this.memory.length));
      this.memory.copy(larger, 0, 0, this.count);
      this.memory = larger;
    }
    bytes.copy(this.memory, this.count, 0, count);
    this.count = total;
    this.pace.took(count, performance.now());
    return total >= this.wanted;
  }

  check(now: number): void {
    if (this.pace.isLate(now)) this.onLate();
  }

  /** Stops waiting for more of it. */
  stop(): void {
    this.watch.delete(this);
  }
}
