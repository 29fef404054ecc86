import type { BodyQueue } from '../measure/reading/body-queue.ts';
import type { BodySink, BodySource } from '../upstream/upstream-client.ts';

/** Of a request body that is to be sent again; a longer one is not. */
export const MOST_COPIED_BYTES = 65_536;

/** Passes a request body on, and keeps a copy of a short one, within what all bodies may hold. */
export class CopiedBody implements BodySource {
  readonly length: number | null;
  /** Of a request that expects a 100 nothing is mirrored. */
  readonly awaitsContinue = false;
  private readonly source: BodySource;
  private readonly bodies: BodyQueue;
  /** Null once it is too long, or not wanted. */
  private chunks: Buffer[] | null = [];
  private bytes = 0;
  private isWhole = false;

  constructor(source: BodySource, bodies: BodyQueue) {
    this.source = source;
    this.bodies = bodies;
    this.length = source.length;
    if ((source.length ?? 0) > MOST_COPIED_BYTES) this.chunks = null;
  }

  get isStarved(): boolean {
    return this.source.isStarved;
  }

  /** All of it in latin1, one octet per character; null where it is too long, or has not come to its end. */
  get text(): string | null {
    return this.chunks !== null && this.isWhole ? Buffer.concat(this.chunks).toString('latin1') : null;
  }

  start(sink: BodySink): void {
    const isCopied = this.chunks !== null;
    this.drop();
    if (isCopied) this.chunks = [];
    this.source.start({
      write: (chunk) => {
        this.copy(chunk);
        return sink.write(chunk);
      },
      end: (trailers) => {
        this.isWhole = trailers.length === 0;
        sink.end(trailers);
      },
    });
  }

  resume(): void {
    this.source.resume();
  }

  rewind(): boolean {
    return this.source.rewind();
  }

  stop(): void {
    this.source.stop();
  }

  /** Nothing is sent again, or all of it has been. */
  drop(): void {
    this.bodies.release(this.bytes);
    this.bytes = 0;
    this.chunks = null;
  }

  private copy(chunk: Buffer): void {
    if (this.chunks === null) return;
    if (this.bytes + chunk.length > MOST_COPIED_BYTES || !this.bodies.hold(chunk.length)) {
      this.drop();
      return;
    }
    this.bytes += chunk.length;
    this.chunks.push(Buffer.from(chunk));
  }
}
