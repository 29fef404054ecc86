import type { CheckName } from '../judge/verdict.ts';
import type { Policy } from '../policy/schema.ts';
import type { RouterName } from '../split/capabilities.ts';
import type { Upstream } from '../split/order.ts';
import type { HeavyUnits } from '../stats/units/known-units.ts';
import type { Means } from './eyes/means.ts';

/** The phase of a rollout. `paused` is a separate flag: nothing advances, but harm still rolls back. */
export type Stage =
  | { readonly kind: 'preflight' }
  | { readonly kind: 'internal' }
  | { readonly kind: 'step'; readonly index: number }
  | { readonly kind: 'bake' }
  | { readonly kind: 'promoted' }
  | { readonly kind: 'finalised' }
  | { readonly kind: 'rolled-back' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'superseded' };

export type StageKind = Stage['kind'];

/** The canary is back at its previous weight. */
export interface Withdrawal {
  readonly at: number;
  readonly fromBps: number;
  /**
   * `watched`: whether the fault goes away decides; `over`: it did, and the weight is given once more; `held`: it did not, and
   * a person decides, whose `resume` gives the weight back.
   */
  readonly phase: 'watched' | 'over' | 'held';
  /** When the fault was over; in phase `over` alone. */
  readonly overAt?: number;
}

/** The last growth of the canary's share, and the share before it. */
export interface Increase {
  readonly at: number;
  readonly fromBps: number;
  /** Set when the same weight had been taken back for a shared fault, which then went away. */
  readonly again?: true;
}

/** The canary went back to a smaller weight to warm up there: once in a stage. */
export interface StepBack {
  readonly at: number;
  /** The weight that it had and gets again. */
  readonly fromBps: number;
  readonly phase: 'back' | 'again';
}

/** What a person is paged for while a rollout runs; a hold with its cause, as in `hold:worse:clientErrors`. */
export type PagedCause = 'undecided' | 'suspect' | 'blind' | 'shared-fault' | `hold:${string}`;

/** Who paused it, and why in their own words. */
export interface Pause {
  readonly at: number;
  readonly by: string;
  /** `serin` where Serin did; missing from a pause stored before this field existed. */
  readonly role?: string;
  readonly reason: string;
}

/** Who did something, as far as it tells two people apart: what an actor says of it. */
export interface Someone {
  readonly name: string;
  readonly via?: Means;
  readonly subject?: string;
  readonly makers?: readonly string[];
}

/** What one person asked for, and a second has to do as well. */
export interface AskedDeed {
  /** The version that the rollout got by it. */
  readonly version: number;
  /** What the second person types; in the API, the same request. */
  readonly command: string;
  /** Of a rebase: by which policy. */
  readonly policyDigest?: string;
  readonly by: Someone;
  readonly reason: string;
  readonly at: number;
  /** From then on it is void, epoch ms. */
  readonly until: number;
}

/** The decided state of one rollout: changed only by audited events, so that replaying the audit gives it back. */
export interface Rollout {
  readonly id: string;
  readonly route: string;
  /** 1 for the first rollout of this canary version on this route, +1 for every further one. */
  readonly attempt: number;
  /** The same, counting only those that began in the 30 days before this one: what the judge narrows beta by. */
  readonly recentAttempt: number;
  /** How sticky keys are drawn; omitted for a rollout that began when each key was drawn by itself. */
  readonly draw?: 'by-unit';
  /** Units of keys that get the canary at 100 % only, and their part of the traffic before the start; omitted where none do. */
  readonly heavyLast?: HeavyUnits;
  /** Counts the events applied; every write compares it. */
  readonly version: number;
  readonly stable: Upstream;
  readonly canary: Upstream;
  /** The gateway when omitted. */
  readonly router?: RouterName;
  readonly policy: Policy;
  readonly policyDigest: string;
  readonly stage: Stage;
  readonly stageEnteredAt: number;
  /** The ordered share of the canary, 0..10000. */
  readonly canaryBps: number;
  /** Grows with every change of the split on this route, over all its rollouts. */
  readonly splitEpoch: number;
  /** The last time that the share of the canary grew, and from what; null before the first. */
  readonly increase: Increase | null;
  /** The share that was withdrawn because the route failed soon after it was given; null when none is. */
  readonly withdrawal: Withdrawal | null;
  /** Set from when the canary went back while it warmed up until the stage ends, or a person sets the weight. */
  readonly stepBack?: StepBack;
  /** The first epoch of this rollout: measurements from an older epoch belong to another canary. */
  readonly firstEpoch: number;
  readonly paused: Pause | null;
  /** Gates of the present stage that are open. */
  readonly gatesPassed: readonly string[];
  /** Who has approved which gate of the present stage, by its name; only of gates that ask for approvals. */
  readonly approvals?: Readonly<Record<string, readonly Someone[]>>;
  readonly skippedChecks: readonly CheckName[];
  /** Dwell added to the present stage by `extend`. */
  readonly extraDwellMs: number;
  /** What a person was paged for and has not yet dealt with. */
  readonly openPage: 'rolled-back' | 'harmful' | 'undecided' | 'blind' | 'shared-fault' | null;
  /** When the canary was found harmful and stayed where it was; set until a person goes on. */
  readonly harmHeldAt?: number;
  /** When a person was last paged for a cause; omitted if never. An override answers the page, not the cause. */
  readonly pagedAt?: Readonly<Partial<Record<PagedCause, number>>>;
  /** When Serin took consumers back to the stable by their own ledger, by name; omitted where it took none. */
  readonly movedBack?: Readonly<Record<string, number>>;
  readonly startedAt: number;
  /** Who started it and why; missing from rollouts stored before this field existed. */
  readonly started?: { readonly by: string; readonly reason: string };
  /** What was asked for in the present stage and takes a second person, void ones too; omitted for nothing. */
  readonly asked?: readonly AskedDeed[];
  /** Who started it, and who has rebased it since; missing from rollouts stored before this field existed. */
  readonly starters?: readonly Someone[];
  readonly endedAt: number | null;
  /** Why it is where it is, in one sentence; a person's words are quoted in it. */
  readonly reason: string;
  /** Who gave the reason; missing from rollouts whose reason was stored before this field existed. */
  readonly reasonBy?: { readonly name: string; readonly role: string };
}

/** The stages that nothing follows. */
export const ENDS = ['finalised', 'rolled-back', 'aborted', 'superseded'] as const satisfies readonly StageKind[];

export type EndedStage = (typeof ENDS)[number];

export const ENDED: ReadonlySet<StageKind> = new Set(ENDS);

export function isEnded(rollout: Rollout): boolean {
  return ENDED.has(rollout.stage.kind);
}

/** `internal`, `step-2`, `bake`: the stage as people name it; steps count from one. */
export function stageName(stage: Stage): string {
  return stage.kind === 'step' ? `step-${stage.index + 1}` : stage.kind;
}
