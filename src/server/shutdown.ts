import type { Log } from '../problem/log.ts';

/** Parts to stop, in the order given. */
export interface Stoppable {
  readonly name: string;
  stop(): Promise<void>;
}

/**
 * The first SIGTERM or SIGINT ends everything in order (a part that fails to stop does not keep the next one from it) and
 * resolves with the exit code; a second signal ends the process at once.
 */
export function stopOnSignal(parts: readonly Stoppable[], log: Log): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (stopping) process.exit(1);
      stopping = true;
      log({ what: 'stopping', signal });
      void stopAll(parts, log).then(resolve);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

/** 0 when every part stopped cleanly, else 1. */
export async function stopAll(parts: readonly Stoppable[], log: Log): Promise<number> {
  let code = 0;
  for (const part of parts) {
    try {
      await part.stop();
    } catch (error) {
      code = 1;
      log({ what: 'stopFailed', level: 'error', part: part.name, error });
    }
  }
  return code;
}
