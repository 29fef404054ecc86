import { openEach } from '../parity/each-check.ts';
import { isRecord } from '../policy/is-record.ts';
import type { Policy } from '../policy/schema.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import { JUDGE_FORMAT, type JudgeState, openJudgement } from './state.ts';
import { NEVER_ENTERED, type WarmUp } from './warm-up/warm-up.ts';

/** Formats with every field of the present one but those that were added since. */
const FORMATS = [4, 5, JUDGE_FORMAT] as const;

type Memory = Omit<JudgeState, 'format'> & {
  readonly format: (typeof FORMATS)[number];
  readonly canarySince?: unknown;
};

/** Shown to the operator until the stage ends; without it, a full dwell with little evidence would be puzzling. */
export const BEGUN_ANEW = 'the evidence was begun anew, because this version cannot read what was stored of it';

/**
 * Converts a stored memory to the current format. What the previous version stored is carried over bit for bit, and what
 * it did not know yet begins with the next block. Anything older is ignored: the evidence starts anew, and the verdict
 * says so.
 */
export function recall(policy: Policy, stored: unknown): JudgeState {
  if (!isMemory(stored)) return { ...openJudgement(policy), anew: BEGUN_ANEW };
  const known: JudgeState = { ...stored, format: JUDGE_FORMAT };
  if (stored.format === JUDGE_FORMAT) return { ...known, checks: openEach(policy, known.checks) };
  const filled = filledIn(openJudgement(policy), known);
  return stored.format === 4 ? { ...filled, warmUp: warmUpOf(stored) } : filled;
}

function isMemory(stored: unknown): stored is Memory {
  return isRecord(stored) && FORMATS.some((format) => format === stored['format']) && isRecord(stored['checks']);
}

/** Format 4 remembered when the canary first had traffic, and no weights: only a later increase is one. */
function warmUpOf(stored: { readonly canarySince?: unknown }): WarmUp {
  const since = typeof stored.canarySince === 'number' ? stored.canarySince : null;
  return since === null ? NEVER_ENTERED : { ...NEVER_ENTERED, entries: 1, bps: WHOLE_BPS, since, phase: 'judged' };
}

/** `stored`, with the opening value of every field that it lacks. */
function filledIn<Opened>(opened: Opened, stored: Opened): Opened {
  if (!isRecord(opened) || !isRecord(stored)) return stored;
  const fields = Object.entries(opened).map(([name, value]) => [
    name,
    Object.hasOwn(stored, name) ? filledIn(value, stored[name]) : value,
  ]);
  return { ...stored, ...Object.fromEntries(fields) };
}
