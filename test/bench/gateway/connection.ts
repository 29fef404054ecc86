import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';

/** All connections read into the same memory: what was read is done with before the next read. */
const shared = Buffer.alloc(262_144);

/** One kept connection of the generator, with at most one request under way. */
export class LoadConnection {
  onAnswer: (status: number, tookMs: number) => void = () => {};
  onBroken: () => void = () => {};
  private readonly port: number;
  private readonly requests: readonly Buffer[];
  private readonly reader = new AnswerReader();
  private socket: Socket | null = null;
  private next: number;
  private askedAt = 0;
  /** From a request to the end of its answer. */
  isWaiting = false;

  constructor(port: number, requests: readonly Buffer[], first: number) {
    this.port = port;
    this.requests = requests;
    this.next = first;
  }

  async open(): Promise<void> {
    const socket = connect({
      port: this.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: shared, callback: (count) => this.read(count) },
    });
    this.socket = socket;
    await once(socket, 'connect');
    socket.on('error', () => {});
    socket.once('close', () => this.broken());
  }

  /** Asks with the next user's request; `dueAt` is when it should have been asked. */
  ask(dueAt: number = performance.now()): void {
    this.askedAt = dueAt;
    this.isWaiting = true;
    const bytes = this.requests[this.next % this.requests.length];
    this.next++;
    if (bytes) this.socket?.write(bytes);
  }

  /** Takes no more from now on. */
  pause(): void {
    this.socket?.pause();
  }

  close(): void {
    const { socket } = this;
    this.socket = null;
    socket?.destroy();
  }

  private read(count: number): boolean {
    if (this.reader.push(shared.subarray(0, count))) {
      this.isWaiting = false;
      this.onAnswer(this.reader.status, performance.now() - this.askedAt);
    }
    return true;
  }

  /** A proxy may close a kept connection; the load goes on with a new one, and the loss is counted. */
  private broken(): void {
    if (this.socket === null) return;
    this.isWaiting = false;
    this.onBroken();
    void this.reopen();
  }

  private async reopen(): Promise<void> {
    try {
      await this.open();
      this.ask();
    } catch {
      this.socket = null;
    }
  }
}
