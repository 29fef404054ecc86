import type { RolloutView } from '../api/view-schemas.ts';
import { formatSpan } from '../parity/figures.ts';

/** `looked 4 min ago; the 48 looks since then have failed: ...`: a verdict is worth what its age lets it be. Null once it has ended. */
export function lookText({ look }: Pick<RolloutView, 'look'>): string | null {
  if (look === null) return null;
  const ago = `looked ${formatSpan(look.agoMs)} ago`;
  if (look.trouble === null) return ago;
  const failed = look.failures === 1 ? 'the look since then has' : `the ${look.failures} looks since then have`;
  return `${ago}; ${failed} failed: ${look.trouble}`;
}

/** What the gateway does already, and the database does not know. */
export function unrecordedText({ event, by, reason }: NonNullable<RolloutView['unrecorded']>): string {
  const act = event === 'aborted' ? 'aborted' : event === 'rolledBack' ? 'rolled back' : 'braked';
  return `${act} at the gateway by ${by}, which sends everything to the stable now; not recorded yet, because the database cannot take it: ${reason}`;
}
