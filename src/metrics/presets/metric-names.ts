/** Where a product counts its requests and their latencies, and what its labels mean. */
export interface MetricNames {
  readonly requests: {
    readonly metric: string;
    /** The series of its start times (OpenMetrics), asked for only where a series is new. */
    readonly created: string;
  };
  readonly status: StatusLabels;
  readonly latency: {
    /** Without `_bucket`. */
    readonly metric: string;
    readonly unitMs: 1 | 1_000;
    /** `none`: the histogram does not tell errors from answers, so the latencies of both are compared. */
    readonly status: 'labelled' | 'none';
  };
  /** Labels that keep the same request from being counted twice; a route's own `match` replaces them one by one. */
  readonly match?: Readonly<Record<string, string>>;
}

export interface StatusLabels {
  readonly label: string;
  /** A series without a status, but with this label, counts requests that nobody answered. */
  readonly unansweredLabel?: string;
  /** Status 0 with this label's value means that the client went away; any other status 0, that nobody answered. */
  readonly clientGone?: { readonly label: string; readonly value: string };
}

/** Which series belong to a route, and which of those to each version. */
export interface RouteMetrics {
  readonly names: MetricNames;
  readonly match: Readonly<Record<string, string>>;
  /** `{{version}}` in a value stands for the version's name. */
  readonly versions: {
    readonly stable: Readonly<Record<string, string>>;
    readonly canary: Readonly<Record<string, string>>;
  };
  /** The schema to which native histograms are brought; null where classic buckets are read. */
  readonly nativeSchema: number | null;
}
