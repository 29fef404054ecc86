import type { RolloutView } from '../../api/view-schemas.ts';

/** What the gateway has already done, but the database has not recorded yet. */
export function unrecordedText({ event, by, reason }: NonNullable<RolloutView['unrecorded']>): string {
  const act = event === 'aborted' ? 'aborted' : event === 'rolledBack' ? 'rolled back' : 'braked';
  return `${act} at the gateway by ${by}: everything goes to the stable; not recorded yet, because the database is unavailable: ${reason}`;
}
