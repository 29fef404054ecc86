import type { CheckName, Verdict } from '../judge/verdict.ts';
import type { Policy } from '../policy/schema.ts';
import type { RouterName } from '../split/capabilities.ts';
import type { PulledBrake, Upstream } from '../split/order.ts';
import type { HeavyUnits } from '../stats/units/known-units.ts';
import type { Means } from './eyes/means.ts';
import type { UnlistedTraffic } from './needs/old-version.ts';
import type { PagedCause } from './state.ts';

/** What Serin found. Each event carries the sentence that the audit keeps. */
export type MachineEvent =
  | {
      readonly kind: 'preflightPassed';
      /** What to know of the policy and the route: guards that the stable breaks, sticky keys; omitted when there is nothing. */
      readonly warning?: string;
    }
  | { readonly kind: 'preflightRefused'; readonly reason: string }
  | { readonly kind: 'internalPassed'; readonly reason: string }
  | {
      readonly kind: 'internalFailed';
      readonly reason: string;
      /** Set where a check refused, for what the answers or the logs of both versions say. */
      readonly verdict?: Verdict;
    }
  | { readonly kind: 'stepPassed'; readonly index: number; readonly reason: string; readonly verdict: Verdict }
  | { readonly kind: 'canaryJudgedHarmful'; readonly reason: string; readonly verdict: Verdict }
  | { readonly kind: 'harmHeld'; readonly reason: string; readonly verdict: Verdict | null }
  | { readonly kind: 'canaryBraked'; readonly reason: string; readonly blames?: 'nobody' }
  | { readonly kind: 'blindTooLong'; readonly reason: string; readonly action: 'hold' | 'pause' | 'rollback' }
  | { readonly kind: 'canaryFellSilent'; readonly reason: string; readonly action: 'pause' | 'rollback' }
  | { readonly kind: 'undecidedTooLong'; readonly reason: string; readonly cause?: PagedCause }
  | { readonly kind: 'canarySteppedBack'; readonly reason: string }
  | { readonly kind: 'canaryTriedAgain'; readonly reason: string }
  | { readonly kind: 'faultFollowedIncrease'; readonly reason: string }
  | { readonly kind: 'faultEndedAfterWithdrawal'; readonly reason: string }
  | { readonly kind: 'withdrawnWeightGivenAgain'; readonly reason: string }
  | { readonly kind: 'interferenceSuspected'; readonly reason: string }
  | { readonly kind: 'faultOutlastedWithdrawal'; readonly reason: string }
  | { readonly kind: 'consumerMovedBack'; readonly consumer: string; readonly reason: string }
  | { readonly kind: 'bakePassed'; readonly reason: string }
  | { readonly kind: 'rolloutFinalised'; readonly reason: string }
  | { readonly kind: 'pageResolved'; readonly reason: string };

/** Those who still need the old version, whom a person has decided to go on without. */
export interface LeftBehind {
  /** Names of listed consumers. */
  readonly listed: readonly string[];
  /** What clients that nobody listed sent lately; null where it is not known, or not bounded. */
  readonly unlisted: UnlistedTraffic | null;
}

/** What a person did. The reason and the person are part of the audit entry, not of the event. */
type PersonsEvent =
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'advanced'; readonly to: string; readonly leaveBehind?: LeftBehind }
  | {
      readonly kind: 'promoted';
      readonly leaveBehind?: LeftBehind;
      readonly full: boolean;
      /** Set when the stable is broken and the canary mends it: at once and without the bake, whatever was shown. */
      readonly repair?: true;
    }
  | { readonly kind: 'rolledBack' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'weightSet'; readonly canaryBps: number }
  | { readonly kind: 'extended'; readonly byMs: number }
  | { readonly kind: 'checkSkipped'; readonly check: CheckName }
  | { readonly kind: 'gatePassed'; readonly gate: string }
  /** One approval of several that the gate takes; it stays closed. The last one is a `gatePassed`. */
  | { readonly kind: 'gateApproved'; readonly gate: string; readonly approvals: number; readonly by: number }
  | { readonly kind: 'superseded'; readonly by: string }
  | { readonly kind: 'rebased'; readonly policy: Policy; readonly policyDigest: string }
  | { readonly kind: 'finalisedByHand' }
  | { readonly kind: 'restored'; readonly to: number; readonly put: PutBack }
  /** The policy takes two people for it: `event` is not done until another person orders the same. */
  | {
      readonly kind: 'deedAsked';
      /** What the second person types. */
      readonly command: string;
      readonly event: OverrideEvent;
      /** Epoch ms. */
      readonly until: number;
    };

/** Who asked for a deed that a second person has then done. */
export interface AskedBy {
  readonly name: string;
  readonly via?: Means;
  readonly at: number;
  readonly reason: string;
}

export type OverrideEvent = PersonsEvent & { readonly askedBy?: AskedBy };

/** What of a rollout is put back as it was before an entry of the audit; what is omitted stays as it is. */
export interface PutBack {
  readonly canaryBps?: number;
  readonly paused?: boolean;
  readonly skippedChecks?: readonly CheckName[];
  readonly extraDwellMs?: number;
  readonly pinned?: { readonly policy: Policy; readonly digest: string };
}

/** What people do. A start has Serin ask the canary at once, in the name of who started it: that is no override. */
const OVERRIDES: Readonly<Record<OverrideEvent['kind'], true>> = {
  paused: true,
  resumed: true,
  advanced: true,
  promoted: true,
  rolledBack: true,
  aborted: true,
  weightSet: true,
  extended: true,
  checkSkipped: true,
  gatePassed: true,
  gateApproved: true,
  superseded: true,
  rebased: true,
  finalisedByHand: true,
  restored: true,
  deedAsked: true,
};

/** Whether a person decided it, in whose words its reason is. */
export function isByPerson({ role }: Pick<Actor, 'role'>, { kind }: { readonly kind: string }): boolean {
  return role !== 'serin' && Object.hasOwn(OVERRIDES, kind);
}

/** What a brake leads to. */
export function brakedBy({ reason, blames }: PulledBrake): Extract<MachineEvent, { kind: 'canaryBraked' }> {
  return { kind: 'canaryBraked', reason, ...(blames === 'nobody' ? { blames } : {}) };
}

export interface StartedEvent {
  readonly kind: 'rolloutStarted';
  readonly id: string;
  readonly route: string;
  readonly attempt: number;
  readonly recentAttempt: number;
  /** How sticky keys are drawn; missing from events stored when each key was drawn by itself. */
  readonly draw?: 'by-unit';
  /** Which keys come last: fixed from their past, so that nothing of the rollout chooses them. */
  readonly heavyLast?: HeavyUnits;
  readonly stable: Upstream;
  readonly canary: Upstream;
  readonly policy: Policy;
  readonly policyDigest: string;
  readonly splitEpoch: number;
  /** The gateway when omitted. */
  readonly router?: RouterName;
}

export type RolloutEvent = StartedEvent | MachineEvent | OverrideEvent;

/** Each may do what those before it may, but for the first: a sender of logs may do nothing else, and of the others only an admin what it may. */
export const ROLES = ['logs:write', 'viewer', 'scorer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who did it: a person or a token with a role, or Serin itself. */
export interface Actor {
  readonly name: string;
  readonly role: Role | 'serin';
  /** Missing from Serin itself, and from what was stored before this field existed. */
  readonly via?: Means;
  /** Who it is, whatever the name: `token:ID`, also of a session that the token opened; of OpenID Connect `ISSUER#SUBJECT`. */
  readonly subject?: string;
  /** Of a token: when it was made, epoch ms of the database. */
  readonly madeAt?: number;
  /** Of a token: the subject of who made it, then that of who made theirs, and so on; missing where that is not known. */
  readonly makers?: readonly string[];
}

/** Whose lines a sender of logs sends, whatever its lines say; what is omitted is up to them. */
export interface SenderOfLogs {
  readonly route?: string;
  readonly version?: string;
}

/** When a token expires: after so long, or at a time (epoch ms). */
export type Expiry = { readonly afterMs: number } | { readonly at: number };

export const SERIN: Actor = { name: 'serin', role: 'serin' };

/** Why a rollout changes: what happened, when, and who did it. A machine event carries its own reason. */
export interface Happening {
  readonly event: RolloutEvent;
  /** Database time, epoch ms. */
  readonly at: number;
  readonly actor: Actor;
  readonly reason: string;
}
