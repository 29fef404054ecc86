/** A number that somebody outside gives to an answer, such as a score. */
export interface PostedValue {
  /** The `X-Request-Id` that the upstream was sent. */
  readonly requestId: string;
  /** As in `checks.values`. */
  readonly name: string;
  /** As it came: only a number from 0 on is usable. */
  readonly value: unknown;
}

/** Values in one request. */
export const MOST_POSTED = 500;

/** What became of a posted value. */
export const POST_OUTCOMES = [
  'counted',
  'twice',
  'late',
  'unknown-request',
  'ambiguous-request',
  'unknown-value',
  'unusable',
] as const;

export type PostOutcome = (typeof POST_OUTCOMES)[number];
