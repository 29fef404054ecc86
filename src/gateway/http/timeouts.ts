/** How long the requests of one route may take, phase by phase. */
export interface RouteTimeouts {
  /** To open a connection to the upstream, TLS included. */
  readonly connectMs: number;
  /** From the last byte sent to the upstream to the head of its answer. */
  readonly answerMs: number;
  /** Between two reads of an answer that has begun; event streams and tunnels may be silent. */
  readonly silenceMs: number;
  /** Between two reads of a request body. */
  readonly uploadMs: number;
  /** The minimum overall rate of a request body; 0 for any. */
  readonly uploadBytesPerSecond: number;
  /** How long a request body may stay below that rate. */
  readonly uploadGraceMs: number;
}

/** How fast a request body has to arrive. */
export type UploadPace = Pick<RouteTimeouts, 'uploadMs' | 'uploadBytesPerSecond' | 'uploadGraceMs'>;

/** The gateway's timeouts; omitted ones get their default. */
export interface GatewayTimeouts extends Pick<RouteTimeouts, 'connectMs' | 'answerMs'>, Partial<UploadPace> {
  /** To receive a request head. */
  readonly headersMs: number;
  /** Keep-alive: between two requests of a client. */
  readonly idleMs: number;
  /** How long a client may take nothing of its answer. */
  readonly downloadMs?: number;
  /** If absent, as long as the head of an answer may take. */
  readonly silenceMs?: number;
}

/** Timeouts that are the same on all routes, because they apply before a request has a route or after it. */
export type ClientTimeouts = Readonly<Record<'headersMs' | 'idleMs' | 'downloadMs', number>>;

/** The rate is Kestrel's, the grace time between Kestrel's and Apache's. */
export const DEFAULT_PACE: UploadPace = { uploadMs: 30_000, uploadBytesPerSecond: 240, uploadGraceMs: 10_000 };
export const DEFAULT_DOWNLOAD_MS = 30_000;

/** A route's timeouts: its own, or the gateway's where it has none. */
export function timeoutsOf(gateway: GatewayTimeouts, route: Partial<RouteTimeouts> = {}): RouteTimeouts {
  const answerMs = route.answerMs ?? gateway.answerMs;
  return {
    connectMs: route.connectMs ?? gateway.connectMs,
    answerMs,
    silenceMs: route.silenceMs ?? gateway.silenceMs ?? answerMs,
    uploadMs: route.uploadMs ?? gateway.uploadMs ?? DEFAULT_PACE.uploadMs,
    uploadBytesPerSecond:
      route.uploadBytesPerSecond ?? gateway.uploadBytesPerSecond ?? DEFAULT_PACE.uploadBytesPerSecond,
    uploadGraceMs: route.uploadGraceMs ?? gateway.uploadGraceMs ?? DEFAULT_PACE.uploadGraceMs,
  };
}

const LONGEST_SWEEP_MS = 1_000;
/** How late an expiry may be noticed, as a share of the shortest time that is watched. */
const SWEEP_SHARE = 0.1;

/** How often to look for what is late: one sweep over everything costs less than a timer for each. */
export function sweepMsOf(spansMs: readonly number[]): number {
  return Math.max(1, Math.min(LONGEST_SWEEP_MS, SWEEP_SHARE * Math.min(...spansMs)));
}
