import { SERIN } from '../../rollout/event.ts';
import type { Reloader } from './reloader.ts';

export interface Hangups {
  /** From now on SIGHUP has the file read again, and one that came before has it read now; what comes of it is in the log. */
  reload(reloader: Pick<Reloader, 'reload'>): void;
  /** Nothing is read any more. The signal is ignored for as long as the process lives: it must not end one that is stopping. */
  ignore(): void;
}

/** Takes SIGHUP from now on: by itself it would end a process that has not begun to serve. */
export function takeHangups(): Hangups {
  let hasCome = false;
  let act = () => {
    hasCome = true;
  };
  process.on('SIGHUP', () => act());
  return {
    reload(reloader) {
      act = () => void reloader.reload({ by: SERIN, reason: 'SIGHUP' }, 'apply').catch(() => {});
      if (hasCome) act();
    },
    ignore() {
      act = () => {};
    },
  };
}
