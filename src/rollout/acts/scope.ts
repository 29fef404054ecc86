import { VERBS } from './deed.ts';

/** What a token may be limited to doing, by the words of the command line: what changes something, or asks on somebody's behalf. */
export const SCOPE_VERBS = ['start', ...VERBS, 'restore', 'consumers', 'values', 'validate'] as const;

export type ScopeVerb = (typeof SCOPE_VERBS)[number];

/** What a token is limited to, on top of its role. */
export interface Scope {
  /** The exact names of the routes that it sees and acts on; null for all, now and later. */
  readonly routes: readonly string[] | null;
  /** Null for all that its role may do. */
  readonly verbs: readonly ScopeVerb[] | null;
}
