import type { RequestSpec } from './requests.ts';

/** What the generator is told to do to the process `pid` that listens on `port`. */
export interface LoadTarget {
  readonly port: number;
  readonly pid: number;
}

export type Load =
  | {
      readonly kind: 'closed';
      readonly request: RequestSpec;
      readonly connections: number;
      readonly warmUpMs: number;
      readonly windowMs: number;
    }
  | {
      /** A fixed rate, whatever the answers take. */
      readonly kind: 'open';
      readonly request: RequestSpec;
      readonly connections: number;
      readonly perSecond: number;
      readonly warmUpMs: number;
      readonly windowMs: number;
    }
  | {
      /** Connections that asked once and stay; memory is read with `few` and with `many` of them. */
      readonly kind: 'idle';
      readonly request: RequestSpec;
      readonly few: number;
      readonly many: number;
      readonly settleMs: number;
    }
  | {
      /** Clients that take a long answer's first bytes and no more. */
      readonly kind: 'slow-readers';
      readonly request: RequestSpec;
      readonly readers: number;
      readonly holdMs: number;
    };

export type LoadOutcome =
  | {
      readonly kind: 'traffic';
      /** Within the window. */
      readonly requests: number;
      /** From the first request to the last. */
      readonly answered: number;
      /** Answers other than 200, and connections that broke. */
      readonly errors: number;
      readonly elapsedMs: number;
      readonly cpuMs: number;
      readonly residentBytes: number;
      readonly p50Ms: number;
      readonly p99Ms: number;
    }
  | { readonly kind: 'memory'; readonly bytesEach: number; readonly residentBytes: number }
  | { readonly kind: 'failed'; readonly why: string };

export type TrafficOutcome = Extract<LoadOutcome, { readonly kind: 'traffic' }>;
