import type { Log } from '../problem/log.ts';

/**
 * What is thrown where nothing contains it is logged, and the process goes on: it carries the requests of others. Gives back
 * what takes this away again. Until it is called, such an error ends the process: one that cannot start has to say so.
 */
export function lastResort(log: Log): () => void {
  const onUncaught = (error: unknown, origin: string): void => {
    log({ what: 'internalError', level: 'error', where: 'process', origin, error });
  };
  process.on('uncaughtException', onUncaught);
  return () => process.off('uncaughtException', onUncaught);
}
