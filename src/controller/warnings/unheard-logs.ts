import { formatSpan } from '../../parity/figures.ts';
import type { Checks } from '../../policy/schema.ts';

/** What is known of the log lines of a route. */
export interface LogsHeard {
  /** How long ago a line came, of whatever became of it; null for never since the start of the process. */
  readonly agoMs: number | null;
  /** For how long the process has run; null where that is not known. */
  readonly upMs: number | null;
  /** Why its lines cannot be fetched, in a clause; null where they can, or are only sent. */
  readonly fault: string | null;
}

/** Of a service that logs little, lines are further apart. */
const LONG_MS = 600_000;

/** Whether a policy, or the route itself, counts on the lines of its versions. */
export function countsOnLogs({ logs }: Pick<Checks, 'logs'>, isLogged: boolean): boolean {
  return logs !== undefined && (isLogged || logs.unsent === 'blind');
}

/** Why `checks.logs` would have nothing to compare, in one clause; null where lines come. */
export function whyNoLogs({ agoMs, upMs, fault }: LogsHeard): string | null {
  const what = 'so that checks.logs compares nothing until lines come';
  if (fault !== null) return `${fault}, ${what}; serin doctor asks it once more`;
  if (agoMs === null) {
    const span =
      upMs === null ? 'since this Serin was started' : `in the ${formatSpan(upMs)} since this Serin was started`;
    return `no log line of this route has come ${span}, ${what}: docs/logs.md says how to send or fetch them`;
  }
  if (agoMs <= LONG_MS) return null;
  return `the last log line of this route came ${formatSpan(agoMs)} ago, ${what}: look whether their sender is up`;
}
