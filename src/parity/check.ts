import type { Policy } from '../policy/schema.ts';
import type { FindingContext, LookContext, Sight } from './context.ts';
import type { CheckName, Finding } from './finding.ts';
import type { Claim, ShareOf, Stake } from './stake.ts';

/**
 * One way in which a canary may be worse than it should be. A check is a value of this interface in a file or folder of
 * its own and a line in `checks.ts`: the judge asks all of them alike, and knows none by name.
 *
 * @typeParam State what the check remembers of a rollout: plain JSON, stored at every look
 */
export interface Check<State> {
  /** The names that its findings may have; none for a check that only ever holds. */
  readonly names: CheckNames;
  /** What the policy asks of the check under one of these names; null for every other name. */
  terms(policy: Policy, name: CheckName): Terms | null;
  /** What it claims of the budget; left out where it never rolls back. Nothing but the policy may change it. */
  claims?(policy: Policy): readonly Claim[];
  /** The state before the first block: every e-process is at 1. */
  open(policy: Policy): State;
  observe(state: State, sight: Sight): State;
  /** What begins anew with a stage: parity, and the figures of the step. Left out where everything is the whole rollout's. */
  restart?(state: State): State;
  /** Every instant that it remembers, moved by as much as the clock of the measurements was set. */
  move?(state: State, byMs: number): State;
  /** Its parts of the evidence of harm, those included that report only. */
  stakes?(policy: Policy, state: State, shareOf: ShareOf): readonly Stake[];
  findings(policy: Policy, state: State, context: LookContext): readonly Finding[];
  /** Why the rollout has to wait, by the findings that count in the present stage. */
  holds?(policy: Policy, state: State, context: HoldContext): readonly Hold[];
}

export interface CheckNames {
  readonly listed: readonly CheckName[];
  /** Names of which there are as many as a policy or a source has. */
  readonly open?: {
    /** For people: `query:NAME`. */
    readonly form: string;
    readonly pattern: RegExp;
  };
}

export interface Terms {
  /** What sentences call the check: `answers slower than 250 ms`. */
  readonly label: string;
  /** Whether it reports only, and takes no part in harm, hold or parity. */
  readonly dryRun: boolean;
  /** What the canary is held against. Where it serves alone, only a check that has a limit goes on. */
  readonly against: 'stable' | 'limit' | 'both';
}

/** What a hold may rest on. */
export interface HoldContext extends Pick<FindingContext, 'step'> {
  /** Of all checks, without those that are skipped or report only, or compare where there is nothing to compare. */
  readonly findings: readonly Finding[];
  /** Log evidence from which on a check holds. */
  readonly logHold: number;
  /** End of the last block. */
  readonly now: number;
}

/**
 * A reason to wait. The canary reports nothing (`silent`), which counts before anything that a source says of one look;
 * what a check needs is missing (`missing`); its traffic does not arrive (`starved`); it looks worse (`worse`).
 */
export interface Hold {
  readonly kind: 'silent' | 'missing' | 'starved' | 'worse';
  readonly check: CheckName | null;
  readonly reason: string;
}
