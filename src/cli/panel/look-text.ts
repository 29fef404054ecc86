import type { RolloutView } from '../../api/view-schemas.ts';
import { reasonInWords } from '../../rollout/words/quote.ts';

/** What was already done, but the database has not recorded yet. */
export function unrecordedText({ event, by, role, reason }: NonNullable<RolloutView['unrecorded']>): string {
  const why = reasonInWords(reason, { role });
  if (event === 'harmHeld') {
    return `harm was found, and the canary keeps its weight until a person decides; not recorded yet, because the database is unavailable: ${why}`;
  }
  const act = event === 'aborted' ? 'aborted' : event === 'rolledBack' ? 'rolled back' : 'braked';
  return `${act} at the gateway by ${by}: everything goes to the stable; not recorded yet, because the database is unavailable: ${why}`;
}
