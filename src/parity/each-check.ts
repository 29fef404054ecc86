import type { Policy } from '../policy/schema.ts';
import type { Check, CheckNames, Terms } from './check.ts';
import { CHECKS, type CheckKey, type CheckStates } from './checks.ts';
import type { CheckName } from './finding.ts';
import type { Claim } from './stake.ts';

const KEYS: readonly CheckKey[] = Object.keys(CHECKS).filter(isKey);

/** The findings of each check, in the order of the list. */
export function fromEach<Answer>(
  states: CheckStates,
  ask: <State>(check: Check<State>, state: State) => readonly Answer[],
): readonly Answer[] {
  const askOne = <Key extends CheckKey>(key: Key) => ask<CheckStates[Key]>(CHECKS[key], states[key]);
  return KEYS.flatMap(askOne);
}

/** The states after applying `step` to each. */
export function withEach(states: CheckStates, step: <State>(check: Check<State>, state: State) => State): CheckStates {
  const next: { -readonly [Key in CheckKey]: CheckStates[Key] } = { ...states };
  const stepOne = <Key extends CheckKey>(key: Key) => {
    next[key] = step<CheckStates[Key]>(CHECKS[key], states[key]);
  };
  KEYS.forEach(stepOne);
  return next;
}

/** The given states, with the initial state for every other check. */
export function openEach(policy: Policy, known: Partial<CheckStates> = {}): CheckStates {
  const opened: { -readonly [Key in CheckKey]?: CheckStates[Key] } = {};
  const openOne = <Key extends CheckKey>(key: Key) => {
    opened[key] = known[key] ?? CHECKS[key].open(policy);
  };
  KEYS.forEach(openOne);
  if (!isWhole(opened)) throw new Error('a check has no state');
  return opened;
}

/** Every claim to the budget, in the order of the list. */
export function claimsOf(policy: Policy): readonly Claim[] {
  return KEYS.flatMap((key) => CHECKS[key].claims?.(policy) ?? []);
}

/** The claims of the checks on requests, whose shares are the keys' where keys are compared. */
export function claimsOnRequests(policy: Policy): readonly Claim[] {
  return KEYS.flatMap((key) => (CHECKS[key].compares === 'requests' ? (CHECKS[key].claims?.(policy) ?? []) : []));
}

/** A look asks for each check a few times, and it follows from the policy alone. */
const TERMS = new WeakMap<Policy, Map<CheckName, Terms | null>>();
/** Names that people make up must not fill the memory. */
const MOST_NAMES = 1_000;

/** What the policy asks of a check under a name; null where there is no check of that name. */
export function termsOf(policy: Policy, name: CheckName): Terms | null {
  const known = TERMS.get(policy) ?? new Map<CheckName, Terms | null>();
  const before = known.get(name);
  if (before !== undefined) return before;
  const terms = KEYS.map((key) => CHECKS[key].terms(policy, name)).find((found) => found !== null) ?? null;
  if (known.size < MOST_NAMES) known.set(name, terms);
  TERMS.set(policy, known);
  return terms;
}

/** Whether the policy makes a check report only. */
export function isDryRun(policy: Policy, name: CheckName): boolean {
  return policy.spec.dryRun || (termsOf(policy, name)?.dryRun ?? false);
}

/** Whether a person has skipped the check, by its own name or by that of the one which compares the same by requests. */
export function isSkipped(policy: Policy, name: CheckName, skipped: readonly CheckName[]): boolean {
  if (skipped.length === 0) return false;
  const together = termsOf(policy, name)?.skippedWith;
  return skipped.includes(name) || (together !== undefined && skipped.includes(together));
}

/** The names under which all checks report. */
export function allNames(): readonly CheckNames[] {
  return KEYS.map((key) => CHECKS[key].names);
}

function isWhole(states: Partial<CheckStates>): states is CheckStates {
  return KEYS.every((key) => states[key] !== undefined);
}

function isKey(key: string): key is CheckKey {
  return Object.hasOwn(CHECKS, key);
}
