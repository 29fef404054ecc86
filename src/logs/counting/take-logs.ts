import type { LogPair } from '../../stats/logs/log-counts.ts';

/** The versions whose lines count, and the split of now. */
export interface WatchedVersions {
  readonly stable: string;
  readonly canary: string;
  readonly epoch: number;
  /** Since when the split has been in force, epoch ms; null where it is not yet. */
  readonly since: number | null;
}

/** The span of a block. */
export interface LogSpan {
  readonly epoch: number;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly endsAt: number;
}

/** How far logs were taken, and from which book: another one knows nothing of it. */
export interface LogsTaken {
  readonly boot: string;
  readonly seq: number;
}

export interface TakeLogs {
  readonly route: string;
  readonly watched: WatchedVersions;
  readonly spans: readonly LogSpan[];
  /** What the last committed cursor says; null where it says nothing. */
  readonly taken: LogsTaken | null;
}

export interface TakenLogs {
  /** One for each span, in their order. */
  readonly pairs: readonly LogPair[];
  readonly taken: LogsTaken;
}
