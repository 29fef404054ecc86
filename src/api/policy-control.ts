import type { LoadedPolicy } from '../policy/read.ts';
import type { Issue } from '../problem/problem.ts';
import type { Track } from '../split/order.ts';
import type { SeriesValue } from '../stats/block.ts';

export interface PolicyCheckRequest {
  /** The text of the policy, and its file's name, for messages only. */
  readonly text: string;
  readonly file: string;
  /** Default: the one route that uses the policy. */
  readonly route?: string;
  /** The names of the versions. Default: those of the running rollout, else only the route's stable. */
  readonly stable?: string;
  readonly canary?: string;
}

/** A policy tried against the sources that would judge by it. */
export interface PolicyCheck {
  readonly route: string;
  /** What is wrong with the policy, each with its place. */
  readonly issues: readonly Issue[];
  /** What could not be determined, in sentences. */
  readonly unreachable: readonly string[];
  readonly answers: readonly PolicyAnswer[];
  /** What the route makes of every policy, in sentences. */
  readonly notes: readonly string[];
}

/** The outcome of one question to a source. */
export interface PolicyAnswer {
  readonly what: string;
  readonly source: string;
  readonly track: Track;
  readonly version: string;
  readonly outcome: 'value' | 'nothing' | 'unusable' | 'refused' | 'undeclared' | 'unreachable';
  readonly value: SeriesValue;
  readonly says: string;
}

/** The policy that the files declare under a name now; `invalid` while a file is not valid, whichever it is. */
export type PolicyAsDeclared =
  | { readonly kind: 'valid'; readonly loaded: LoadedPolicy }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  | { readonly kind: 'gone' };

export interface PolicyControl {
  declared(name: string): PolicyAsDeclared;
  /** Throws Problem if there is no such route, or if the policy alone does not determine one. */
  check(request: PolicyCheckRequest, signal: AbortSignal): Promise<PolicyCheck>;
}
