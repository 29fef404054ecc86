/** How long the requests of one route may take, phase by phase. */
export interface RouteTimeouts {
  /** To open a connection to the upstream, TLS included. */
  readonly connectMs: number;
  /** From the last byte that the upstream was sent to the head of its answer. */
  readonly answerMs: number;
  /** Between two reads of an answer that has begun; event streams and tunnels may be silent. */
  readonly silenceMs: number;
  /** Between two reads of a request body. */
  readonly uploadMs: number;
  /** The least rate of a request body on the whole; 0 for any. */
  readonly uploadBytesPerSecond: number;
  /** For how long a request body may fall short of that rate. */
  readonly uploadGraceMs: number;
}

/** How fast a request body has to come. */
export type UploadPace = Pick<RouteTimeouts, 'uploadMs' | 'uploadBytesPerSecond' | 'uploadGraceMs'>;

/** What is not said of a gateway's time-outs has its default. */
export interface GatewayTimeouts extends Pick<RouteTimeouts, 'connectMs' | 'answerMs'>, Partial<UploadPace> {
  /** For a request head. */
  readonly headersMs: number;
  /** Keep-alive: between two requests of a client. */
  readonly idleMs: number;
  /** How long a client may take nothing of its answer. */
  readonly downloadMs?: number;
  /** As long as the head of an answer may take, when it is absent. */
  readonly silenceMs?: number;
}

/** Those that are the same on all routes, because they hold before a request has one or after it. */
export type ClientTimeouts = Readonly<Record<'headersMs' | 'idleMs' | 'downloadMs', number>>;

/** The rate is Kestrel's, the grace time between Kestrel's and Apache's. */
export const DEFAULT_PACE: UploadPace = { uploadMs: 30_000, uploadBytesPerSecond: 240, uploadGraceMs: 10_000 };
export const DEFAULT_DOWNLOAD_MS = 30_000;

/** The time-outs of a route: its own, and the gateway's where it has none. */
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
/** Of the shortest time that is watched: how late it may be noticed that it is over. */
const SWEEP_SHARE = 0.1;

/** How often to look for what is late: one sweep over all costs less than a timer for each. */
export function sweepMsOf(spansMs: readonly number[]): number {
  return Math.max(1, Math.min(LONGEST_SWEEP_MS, SWEEP_SHARE * Math.min(...spansMs)));
}
