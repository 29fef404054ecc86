import { SERIN } from '../../rollout/event.ts';
import type { Reloader } from './reloader.ts';

/** SIGHUP has the file read again; what comes of it is in the log. Returns what takes that back. */
export function reloadOnSignal(reloader: Pick<Reloader, 'reload'>): () => void {
  const onSignal = () => void reloader.reload({ by: SERIN, reason: 'SIGHUP' }, 'apply').catch(() => {});
  process.on('SIGHUP', onSignal);
  return () => process.off('SIGHUP', onSignal);
}
