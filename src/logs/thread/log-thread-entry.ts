import { parentPort, workerData } from 'node:worker_threads';
import type { LogAsk, LogThreadData } from './log-thread.ts';
import { LogWork } from './log-work.ts';

const FORGET_EVERY_MS = 5_000;

const work = new LogWork((workerData as LogThreadData).lostBefore);

parentPort?.on('message', ({ id, job }: LogAsk) => {
  parentPort?.postMessage({ id, ...work.done(job, Date.now()) });
});
setInterval(() => work.forget(Date.now()), FORGET_EVERY_MS).unref();
