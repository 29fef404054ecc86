import type { Track } from '../../split/order.ts';
import type { LabelMatches } from '../matchers.ts';

/** Where a product counts requests and latencies, and what its labels mean. */
export interface MetricNames {
  readonly requests: {
    readonly metric: string;
    /** The series of its start times (OpenMetrics), queried only when a series is new. */
    readonly created: string;
  };
  readonly status: StatusLabels;
  readonly latency: {
    /** Without `_bucket`. */
    readonly metric: string;
    readonly unitMs: 1 | 1_000;
    /** `none`: the histogram does not separate errors from successes, so the latencies of both are compared. */
    readonly status: 'labelled' | 'none';
  };
  /** Labels that keep the same request from being counted twice; a route's own `match` replaces them one by one. */
  readonly match?: LabelMatches;
}

export interface StatusLabels {
  readonly label: string;
  /** A series without a status, but with this label, counts requests that got no answer. */
  readonly unansweredLabel?: string;
  /** Status 0 with this label's value means that the client disconnected; any other status 0 means that no answer came. */
  readonly clientGone?: { readonly label: string; readonly value: string };
}

/** Which series belong to a route, and which of those to each version. */
export interface RouteMetrics {
  readonly names: MetricNames;
  readonly match: LabelMatches;
  /** `{{version}}` in a value stands for the version's name. */
  readonly versions: Readonly<Record<Track, LabelMatches>>;
  /** The schema that native histograms are converted to; null when classic buckets are read. */
  readonly nativeSchema: number | null;
}
