/** What the gateway takes on before it refuses. Bytes and counts. */
export interface GatewayLimits {
  /** Of a request head, the request line included. */
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly urlBytes: number;
  /** Of a request body; null for any. */
  readonly bodyBytes: number | null;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly inFlightPerUpstream: number;
  /** Requests of one client connection that are answered at the same time or wait for their turn. */
  readonly pipelined: number;
}

export const DEFAULT_LIMITS: GatewayLimits = {
  headerBytes: 16_384,
  headerCount: 100,
  urlBytes: 8_192,
  bodyBytes: null,
  connections: 10_000,
  connectionsPerAddress: 1_000,
  inFlightPerUpstream: 1_024,
  pipelined: 16,
};
