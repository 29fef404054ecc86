import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { DocumentTexts, ReadPart, TextsReading } from './compare-texts.ts';

const MOST_HEAP_MB = 256;
/** For both documents. */
const READ_MS = 10_000;

/**
 * Compares two documents in a thread of its own, which ends with them: long ones take a second, in which nothing would be served, and a hostile
 * one ends its thread by its size or by its time. Only the differences come back, which are few.
 */
export function compareInThread(texts: DocumentTexts, timeoutMs = READ_MS): Promise<TextsReading> {
  const file = fileURLToPath(new URL(`./thread-entry${extname(import.meta.url)}`, import.meta.url));
  const worker = new Worker(file, {
    workerData: texts,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
  });
  const { promise, resolve } = Promise.withResolvers<TextsReading>();
  let part: ReadPart = 'both';
  const fail = (reason: string): void => resolve({ ok: false, of: part, reason });
  const timer = setTimeout(() => fail(`could not be read within ${timeoutMs / 1_000} s`), timeoutMs);
  worker.unref();
  worker.on('message', (message: ReadPart | TextsReading) => {
    if (typeof message === 'string') part = message;
    else resolve(message);
  });
  worker.once('error', (error) => {
    const isMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    fail(isMemory ? `took more than ${MOST_HEAP_MB} MB to read` : `could not be read: ${error.message}`);
  });
  worker.once('exit', () => fail('could not be read to the end'));
  return promise.finally(() => {
    clearTimeout(timer);
    void worker.terminate();
  });
}
