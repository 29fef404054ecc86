import { open } from 'node:fs/promises';
import { errorCode } from '../problem/error-code.ts';
import type { Log } from '../problem/log.ts';
import { Problem } from '../problem/problem.ts';

const LOOK_EVERY_MS = 5_000;
const LOG_EVERY_MS = 60_000;

/**
 * Reports when this process has run out of file descriptors. The system then closes new connections of every listener before
 * Node sees them, so only our own check can notice it.
 */
export class DescriptorWatch {
  private readonly log: Log;
  private timer: NodeJS.Timeout | null = null;
  private fault: string | null = null;
  private isTold = false;
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(log: Log) {
    this.log = log;
  }

  start(): void {
    this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** A sentence while it lasts, or null. */
  trouble(): string | null {
    return this.fault;
  }

  private async look(): Promise<void> {
    try {
      await (await open(process.execPath)).close();
      this.works();
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EMFILE' || code === 'ENFILE') this.fails(code);
    }
  }

  private works(): void {
    this.fault = null;
    if (!this.isTold) return;
    this.isTold = false;
    this.log({ what: 'descriptorsFree' });
  }

  private fails(code: 'EMFILE' | 'ENFILE'): void {
    const whose = code === 'EMFILE' ? 'this process' : 'this machine';
    this.fault = `${whose} has no file descriptor left (${code}), so new connections are refused`;
    if (this.isTold || performance.now() - this.toldAt < LOG_EVERY_MS) return;
    this.isTold = true;
    this.toldAt = performance.now();
    const error = new Problem('unavailable', `${this.fault}; raise the limit of open files, or lower gateway.limits`);
    this.log({ what: 'descriptorsExhausted', level: 'error', error });
  }
}
