import type { CheckName, Finding } from '../parity/finding.ts';
import type { Reservation } from '../parity/internal/reservation.ts';

import type { Where } from './where.ts';

export type { CheckName, Finding } from '../parity/finding.ts';

/** Strongest first; the first that holds is the verdict. */
export type VerdictName = 'harmful' | 'suspect' | 'shared-fault' | 'blind' | 'undecided' | 'at-parity';

export interface Verdict {
  readonly name: VerdictName;
  /** One sentence for display; the same text in the API, the CLI, the audit and the page. */
  readonly reason: string;
  /** Log of the combined evidence of harm and the thresholds it is compared with. */
  readonly logEvidence: number;
  readonly logThreshold: number;
  readonly logHold: number;
  readonly findings: readonly Finding[];
  /** The check that carries the verdict, or `combined`; null for `at-parity` and when no check stands out. */
  readonly worst: CheckName | null;
  /** For `undecided`: how much more is needed, at the present traffic. */
  readonly needs: { readonly canaryRequests: number; readonly ms: number | null } | null;
  /** What to expect of the step at the present traffic; null when nothing is compared or nothing is known. */
  readonly forecast: Forecast | null;
  /** Set when the verdict rests on evidence that holds the canary, and not on a lack of it. */
  readonly hold?: StandingHold;
  /** The check with the largest part of the evidence of harm, also where several carry it together. */
  readonly leads?: CheckName;
  /** Worse for certain while the canary warms up, by nothing that warming up would not explain: the weight before is enough. */
  readonly goBack?: true;
  /** What checks say of the internal phase, whatever the verdict is; omitted elsewhere, and where none says anything. */
  readonly reservations?: readonly Reservation[];
  /**
   * Which slices of the traffic carry the difference; omitted unless the canary is rolled back or held because it is worse,
   * and when it cannot be determined.
   */
  readonly where?: Where;
  /** Everything that a compared step has to have before it is at parity; omitted elsewhere, and once harm was found. */
  readonly conditions?: readonly StepCondition[];
}

/** One of them: all are met exactly where the verdict is `at-parity`. */
export interface StepCondition {
  readonly what:
    | 'harm'
    | 'fault'
    | 'sight'
    | 'hold'
    | 'split'
    | 'traffic'
    | 'person'
    | 'warm-up'
    | 'parity'
    | 'least-time'
    | 'measured';
  readonly met: boolean;
  /** A clause that says how it is: `parity shown by 3 of 5 checks; furthest is p99: ...`. */
  readonly says: string;
}

/** Evidence that reached the hold threshold: what for, as in `worse:clientErrors`, and whether its page can wait. */
export interface StandingHold {
  readonly cause: string;
  readonly check: CheckName | null;
  readonly urgency: 'after-max-hold' | 'at-once';
}

/** An estimate, never a bound (docs/statistics.md section 3.8). */
export interface Forecast {
  /** Until every check has shown parity, if the versions are equal; null when all have, while evidence holds the canary, or when it cannot be estimated. */
  readonly parity: {
    /** Four out of five rollouts fall between these. */
    readonly lowMs: number;
    readonly highMs: number;
    /** The same at the next weights of the policy. */
    readonly at: readonly { readonly weightBps: number; readonly ms: number }[];
  } | null;
  /** Until a canary with twice the errors of the stable would be rolled back; null where that is inside the margin, or takes more than a day. */
  readonly doublingMs: number | null;
  /** One line. */
  readonly says: string;
}
