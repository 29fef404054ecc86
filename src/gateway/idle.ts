import type { Failure } from './client.ts';

/** What has befallen an answer whose upstream fell silent. */
export const STALLED: Failure = { kind: 'reset-in-body', written: 'some' };

/** An exchange, as far as it decides who is to move it on. */
export interface Standing {
  readonly state: 'waiting' | 'answering' | 'ended';
  /** An event stream may be silent. */
  readonly isStream: boolean;
  /** Bytes that the client has not taken yet. */
  readonly untaken: number;
  /** Whether the rest of the request body is the client's to send. */
  readonly isStarved: boolean;
}

/** Nothing has moved on the client's connection for a while: whoever was to move it has failed. */
export function whoFailed({ state, isStream, untaken, isStarved }: Standing): 'client' | 'upstream' | 'nobody' {
  if (untaken > 0 || (state === 'waiting' && isStarved)) return 'client';
  return state === 'answering' && !isStream ? 'upstream' : 'nobody';
}
