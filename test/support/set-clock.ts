import { type ForkOptions, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';

/**
 * Loaded before a program (`node --import`): its time of day, and that of every process it forks, is the machine's and the
 * milliseconds that stand in the file of SERIN_TEST_CLOCK. The monotonic clock is left alone, as it is when a clock is set.
 */
const file = process.env['SERIN_TEST_CLOCK'] ?? '';
const REREAD_MS = 20;

const RealDate = Date;
let readAt = Number.NEGATIVE_INFINITY;
let setMs = 0;

function now(): number {
  if (performance.now() - readAt > REREAD_MS) {
    readAt = performance.now();
    setMs = Number(readFileSync(file, 'utf8')) || 0;
  }
  return RealDate.now() + setMs;
}

class SetDate extends RealDate {
  constructor(...parts: readonly unknown[]) {
    if (parts.length === 0) super(now());
    else super(...(parts as [number]));
  }

  static override now(): number {
    return now();
  }
}

globalThis.Date = SetDate as DateConstructor;

// The database runs in a process of its own, which takes no NODE_OPTIONS.
const childProcess = createRequire(import.meta.url)('node:child_process') as { fork: unknown };
const realFork = fork;
childProcess.fork = (path: string, args: readonly string[], options: ForkOptions = {}) =>
  realFork(path, args, {
    ...options,
    execArgv: [...(options.execArgv ?? process.execArgv), '--import', import.meta.url],
  });
syncBuiltinESMExports();
