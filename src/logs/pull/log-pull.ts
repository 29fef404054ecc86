import type { LogFetch } from '../../stats/logs/log-counts.ts';

/** Lines of one route that Serin fetches itself: a file that grows, or a query that is asked again and again. */
export interface LogPull {
  readonly route: string;
  /** Fetches what has come since the last time, once it is due. Never throws, and never begins before the last one has ended. */
  look(signal: AbortSignal): Promise<void>;
  /** Whether what it fetches from answers; omitted where nobody has to answer, as of a file that may be absent. */
  fetched?(): LogFetch;
  close(): Promise<void>;
}
