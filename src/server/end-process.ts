import type { Log } from '../problem/log.ts';

/**
 * Ends the process some time after its last part has stopped, should anything still keep it alive: a handle that leaked, in our code or in Node's.
 * A process that lives on without serving holds the rollout of the next one up until it is killed, and then nothing says why.
 * Never fires in a process that ends by itself.
 */
export function endForCertain(afterMs: number, code: number, log: Log): void {
  setTimeout(() => {
    const open = [...new Set(process.getActiveResourcesInfo())].filter((name) => name !== 'Timeout');
    log({ what: 'keptAlive', level: 'error', open });
    process.exit(code);
  }, afterMs).unref();
}
