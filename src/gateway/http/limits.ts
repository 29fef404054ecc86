/** What the gateway accepts before it refuses. Bytes and counts. */
export interface GatewayLimits {
  /** Request head, including the request line. */
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly urlBytes: number;
  /** Request body; null for no limit. */
  readonly bodyBytes: number | null;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly inFlightPerUpstream: number;
  /** Requests of one client address, to all upstreams; behind a trusted proxy, the address that the proxy names. */
  readonly inFlightPerAddress: number;
  /** Of those, requests whose body is still in transit. */
  readonly uploadsPerAddress: number;
  /** Of those, answers that wait for their client to take them: an address at this limit may not ask for more. */
  readonly heldBackPerAddress: number;
  /** Of `inFlightPerUpstream`, requests that force their version. */
  readonly forcedPerUpstream: number;
  /** Requests of one client connection that are answered at the same time or wait for their turn. */
  readonly pipelined: number;
}

/** Limits that are not derived from others. */
export const DEFAULT_LIMITS = {
  headerBytes: 16_384,
  headerCount: 100,
  urlBytes: 8_192,
  bodyBytes: null,
  connections: 10_000,
  connectionsPerAddress: 1_000,
  inFlightPerUpstream: 1_024,
  pipelined: 16,
} as const satisfies Partial<GatewayLimits>;

/** Forced requests are tests; all other traffic must find room beside them. */
const FORCED_SHARE = 1 / 16;
const ADDRESS_SHARE = 1 / 2;
const UPLOADS_SHARE = 1 / 8;
const HELD_BACK_SHARE = 1 / 8;

type Derived = 'forcedPerUpstream' | 'inFlightPerAddress' | 'uploadsPerAddress' | 'heldBackPerAddress';

/** Limits as declared; those derived from others may be omitted. */
export type GivenLimits = Partial<Omit<GatewayLimits, Derived>> & {
  readonly [limit in Derived]?: GatewayLimits[limit] | undefined;
};

/** Omitted limits get their default. */
export function limitsOf(given: GivenLimits = {}): GatewayLimits {
  const { inFlightPerUpstream = DEFAULT_LIMITS.inFlightPerUpstream } = given;
  return {
    ...DEFAULT_LIMITS,
    ...given,
    inFlightPerAddress: given.inFlightPerAddress ?? shareOf(inFlightPerUpstream, ADDRESS_SHARE),
    uploadsPerAddress: given.uploadsPerAddress ?? shareOf(inFlightPerUpstream, UPLOADS_SHARE),
    heldBackPerAddress: given.heldBackPerAddress ?? shareOf(inFlightPerUpstream, HELD_BACK_SHARE),
    forcedPerUpstream: given.forcedPerUpstream ?? shareOf(inFlightPerUpstream, FORCED_SHARE),
  };
}

function shareOf(count: number, share: number): number {
  return Math.max(1, Math.floor(count * share));
}
