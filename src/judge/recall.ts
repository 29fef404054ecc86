import type { CheckKey, CheckStates } from '../parity/checks.ts';
import { openEach } from '../parity/each-check.ts';
import { isRecord } from '../policy/is-record.ts';
import type { Policy } from '../policy/schema.ts';
import { JUDGE_FORMAT, type JudgeState, openJudgement } from './state.ts';

/** What the previous version stored: the same, with the state of each check beside the judge's own. */
interface FlatState extends Omit<JudgeState, 'format' | 'checks' | 'anew'>, CheckStates {
  readonly format: 3;
}

/** Shown to the operator until the stage ends; without it, a full dwell with little evidence would be puzzling. */
export const BEGUN_ANEW = 'the evidence was begun anew, because this version cannot read what was stored of it';

/**
 * Converts a stored memory to the current format. State written by the previous version is carried over bit for bit.
 * Anything older is ignored: the evidence starts anew, and the verdict says so. A check that is missing from the memory
 * starts with the next block.
 */
export function recall(policy: Policy, stored: unknown): JudgeState {
  if (isCurrent(stored)) return { ...stored, checks: openEach(policy, stored.checks) };
  if (isFlat(stored)) return fromFlat(policy, stored);
  return { ...openJudgement(policy), anew: BEGUN_ANEW };
}

function fromFlat(policy: Policy, stored: FlatState): JudgeState {
  const { errors, unanswered, clientErrors, latency, guards, queries, silence, splitShare, ...own } = stored;
  const checks = { errors, unanswered, clientErrors, latency, guards, queries, silence, splitShare };
  return { ...own, format: JUDGE_FORMAT, checks: openEach(policy, checks), anew: null };
}

function isCurrent(stored: unknown): stored is JudgeState {
  return isRecord(stored) && stored['format'] === JUDGE_FORMAT && isRecord(stored['checks']);
}

const FLAT: readonly CheckKey[] = [
  'errors',
  'unanswered',
  'clientErrors',
  'latency',
  'guards',
  'queries',
  'splitShare',
];

function isFlat(stored: unknown): stored is FlatState {
  return isRecord(stored) && stored['format'] === 3 && FLAT.every((key) => isRecord(stored[key]));
}
