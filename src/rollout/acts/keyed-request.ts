import type { Actor } from '../event.ts';

/** A request that carries an `Idempotency-Key`. */
export interface KeyedRequest {
  /** Of the credential and the key. */
  readonly id: string;
  /** `POST /api/v1/rollouts`. */
  readonly operation: string;
  readonly bodyHash: string;
}

export interface KeyedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type KeyClaim =
  /** Go on: nothing was done under this key so far. */
  | { readonly kind: 'claimed' }
  | { readonly kind: 'answered'; readonly answer: KeyedAnswer }
  /** It was done, and its answer was not kept: `seq` is its audit entry. */
  | { readonly kind: 'done'; readonly seq: number }
  | { readonly kind: 'under-way'; readonly retryInMs: number }
  /** The key was sent with another operation or body. */
  | { readonly kind: 'another'; readonly operation: string };

/**
 * Requests with a key are done once. Once one is claimed, an audit entry of the same actor object is only written
 * together with the mark that it was done: a request that was taken for dead, and comes back to life, writes nothing.
 */
export interface KeyedRequests {
  /** `by` stands for this request from now on: an object of its own, which its audit entries carry. */
  claim(request: KeyedRequest, by: Actor): Promise<KeyClaim>;
  /** The request has succeeded; null where its answer is not to be kept. */
  keep(by: Actor, answer: KeyedAnswer | null): Promise<void>;
  /** The request has failed. Its key is free again, unless it was done after all. */
  release(by: Actor): Promise<void>;
}
