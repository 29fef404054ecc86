import type { PagedCause, Rollout } from './state.ts';

/** The change that records that a person is paged now. */
export function pagedFor({ pagedAt }: Rollout, cause: PagedCause, at: number): Pick<Rollout, 'pagedAt'> {
  return { pagedAt: { ...pagedAt, [cause]: at } };
}

/**
 * Whether a person was paged for a cause since it was due. An override answers the page but not the cause: a cause that
 * was due before is reported once. A cause that came back after going away, or that was given more time, is due later.
 */
export function wasPaged({ pagedAt }: Rollout, cause: PagedCause, dueAt: number): boolean {
  const at = pagedAt?.[cause];
  return at !== undefined && at >= dueAt;
}
