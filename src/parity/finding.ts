import type { Interval } from '../stats/evidence/confidence.ts';
import type { Difference } from './differences/difference.ts';
import type { Limits } from './limits/limits.ts';
import type { FoundSlice } from './slices/slice-name.ts';

/** The name under which a check reports, from the list or with a prefix, as in `query:cpu`; no check is called `combined`. */
export type CheckName = string;

export type QuantileName = 'p50' | 'p95' | 'p99';

export type GuardName = 'errors' | QuantileName;

/** A query check by its name in the policy. */
export type QueryName = `query:${string}`;

/** What one check says after a look. Rates are fractions, quantiles milliseconds; null when unknown. */
export interface Finding {
  readonly check: CheckName;
  readonly canary: number | null;
  readonly stable: number | null;
  readonly unit: 'share' | 'ms' | 'value';
  /** What the figures are of, where that is no latency to the head: `queries`, `time to the end`. */
  readonly subject?: string;
  /** Of a value that answers carry: its own unit, in words; omitted where it has none. */
  readonly in?: string;
  /** The quantile that a latency check's figures describe: `p99`, `p99.9`. */
  readonly quantile: string | null;
  /** What sentences call the figures, where the label of the check says too little: `finish-reason length`. */
  readonly named?: string;
  /** Set when the figures lie between boundaries: approximate, and not what is tested. */
  readonly figures?: 'interpolated';
  /** 95 % confidence sequences of both figures: they hold at all looks together. Null where nothing is known. */
  readonly bounds: { readonly canary: Interval | null; readonly stable: Interval | null };
  readonly requests: { readonly canary: number; readonly stable: number };
  /** What those are where they are no requests: `of the answers that were read, of a sample of 10 %`. */
  readonly counted?: string;
  /** Log e-value against "no worse than the rollback margin", and its weight in the budget. */
  readonly logHarm: number;
  readonly budgetWeight: number;
  /** The dispersion by which evidence is divided now: 1 for independent requests. */
  readonly dispersion: number;
  /** Log e-value against "worse than the parity margin"; null when the check claims no parity. */
  readonly logParity: number | null;
  readonly logParityThreshold: number | null;
  /** The margins in force in words, after rounding to buckets: `10 % + 0.01 pp`. */
  readonly rollbackMargin: string;
  readonly parityMargin: string | null;
  /** The same as numbers in the unit of the figures; omitted where neither margin is one there. */
  readonly limits?: Limits;
  /** Canary requests still needed for parity if the versions are equal; null when unknown or not needed. */
  readonly needsCanaryRequests: number | null;
  /** The same at the next weights of the policy; empty when the former is null or nothing is needed. */
  readonly needsAt: readonly { readonly weightBps: number; readonly canaryRequests: number }[];
  /** For the check of single slices: the one that the figures describe, over about an hour. */
  readonly slice?: FoundSlice;
  /** For a query check: the intervals its figures cover, and the minimum it takes to hold or to roll back. */
  readonly intervals?: { readonly counted: number; readonly least: number | null };
  /** For a comparison by key: how many keys of the canary were compared. Its sentence has its own figures. */
  readonly keys?: number;
  /** Set where keys are sticky and the finding says itself what it is worth there. */
  readonly byKey?: 'own';
  /** For probes: pairs that the stable answered in this stage. Nobody sends requests for them. */
  readonly pairs?: number;
  /** What a verdict of harm says of it, where the usual sentence would not be true. */
  readonly blame?: string;
  /** What differs, the worst first, at most `MOST_DIFFERENCES`; omitted by checks that compare one thing. */
  readonly differences?: readonly Difference[];
  /** Omitted when the check counts; otherwise it only reports, and takes no part in harm, hold or parity. */
  readonly dryRun?: true;
  /** Its figures as a clause about the canary, where a label and two numbers would say less. */
  readonly inWords?: string;
  /** One sentence. */
  readonly says: string;
  /** The same without its details, for the verdict; omitted where `says` is short. */
  readonly brief?: string;
  /** What the verdict says of it whichever check decides. */
  readonly aside?: string;
}

/** Whether a promotion waits for this check. */
export function claimsParity({ logParity, logParityThreshold, dryRun }: Finding): boolean {
  return logParity !== null && logParityThreshold !== null && !dryRun;
}

/** Whether a check that a promotion waits for has shown parity in this step. */
export function hasShownParity({ logParity, logParityThreshold, dryRun }: Finding): boolean {
  if (logParity === null || logParityThreshold === null || dryRun) return true;
  return logParity >= logParityThreshold;
}
