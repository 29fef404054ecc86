import type { OnHarm, Policy } from '../policy/schema.ts';
import type { FindingContext, LookContext, Sight, UnitSight } from './context.ts';
import type { CheckName, Finding } from './finding.ts';
import type { Reservation } from './internal/reservation.ts';
import type { Claim, ShareOf, Stake } from './stake.ts';

/**
 * One way in which a canary may be worse than it should be. A check is a value of this interface in its own file or
 * folder, plus a line in `checks.ts`: the judge treats all checks alike, and knows none by name.
 *
 * @typeParam State what the check remembers of a rollout: plain JSON, stored at every look
 */
export interface Check<State> {
  /** The names that its findings may have; none for a check that only holds. */
  readonly names: CheckNames;
  /** What the policy asks of the check under one of these names; null for every other name. */
  terms(policy: Policy, name: CheckName): Terms | null;
  /** Its claim to the budget; omitted when it never rolls back. Only the policy may change it. */
  claims?(policy: Policy): readonly Claim[];
  /** The state before the first block: every e-process is at 1. */
  open(policy: Policy): State;
  observe(state: State, sight: Sight): State;
  /**
   * What its evidence of harm is about: single requests, which sticky keys make dependent on each other, or the keys. The
   * judge asks those that fit how the traffic was assigned, and the others only report. Omitted where it does not matter.
   */
  readonly compares?: 'requests' | 'keys';
  /** Whether a look at the units is due at this time, epoch ms by the gateway's clock. */
  isDue?(state: State, now: number): boolean;
  /** A look at the units, when one is due. */
  weigh?(state: State, sight: UnitSight): State;
  /** Resets what restarts with a stage: parity, and the step's figures. Omitted when everything covers the whole rollout. */
  restart?(state: State): State;
  /** Shifts every timestamp it remembers by the amount that the measurement clock was set. */
  move?(state: State, byMs: number): State;
  /** Its parts of the evidence of harm, including those that only report. */
  stakes?(policy: Policy, state: State, shareOf: ShareOf): readonly Stake[];
  findings(policy: Policy, state: State, context: LookContext): readonly Finding[];
  /** Why the rollout has to wait, given the findings that count in the present stage. */
  holds?(policy: Policy, state: State, context: HoldContext): readonly Hold[];
  /** What it says of the internal phase, where nothing is randomised. */
  reservations?(policy: Policy, state: State): readonly Reservation[];
}

export interface CheckNames {
  readonly listed: readonly CheckName[];
  /** Names whose number depends on the policy or the source. */
  readonly open?: {
    /** For display: `query:NAME`. */
    readonly form: string;
    readonly pattern: RegExp;
  };
}

export interface Terms {
  /** What sentences call the check: `answers slower than 250 ms`. */
  readonly label: string;
  /** Whether it only reports, and takes no part in harm, hold or parity. */
  readonly dryRun: boolean;
  /** What harm leads to that this check carries; omitted where the step or the policy says it. */
  readonly onHarm?: OnHarm | undefined;
  /** What the canary is compared with. When it serves alone, only checks with a limit continue. */
  readonly against: 'stable' | 'limit' | 'both';
  /** Set where its findings are shown in the internal phase, too. */
  readonly whileInternal?: true;
  /** The check that compares the same by requests: who skips that means this one as well. */
  readonly skippedWith?: CheckName;
}

/** What the policy says of a check under which most of them do the same. */
export function reactionOf(
  declared: { readonly dryRun: boolean; readonly onHarm?: OnHarm | undefined } | undefined,
): Pick<Terms, 'dryRun' | 'onHarm'> {
  return { dryRun: declared?.dryRun ?? false, onHarm: declared?.onHarm };
}

/** What a hold may rest on. */
export interface HoldContext extends Pick<FindingContext, 'step'> {
  /** The findings of all checks, without those that are skipped, only report, or have nothing to compare. */
  readonly findings: readonly Finding[];
  /** Log evidence at which a check starts to hold. */
  readonly logHold: number;
  /** End of the last block. */
  readonly now: number;
}

/**
 * A reason to wait. The canary reports nothing (`silent`), which takes precedence over any problem of a single look;
 * what a check needs is missing (`missing`); it gets more than its share of the traffic (`overfull`), or none of it
 * (`starved`); the stable is broken, so that nothing can be compared with it (`no-baseline`); it looks worse, or might without being seen
 * (`worse`).
 * All but `missing` are evidence that reached the hold threshold: a person is paged once for each, after `judge.maxHold`.
 */
export interface Hold {
  readonly kind: 'silent' | 'missing' | 'overfull' | 'starved' | 'no-baseline' | 'worse';
  readonly check: CheckName | null;
  readonly reason: string;
  /** Set when the page must not wait for `judge.maxHold`. */
  readonly urgency?: 'at-once';
}
