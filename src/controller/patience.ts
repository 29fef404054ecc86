import { Problem } from '../problem/problem.ts';

/** An operator or a probe is waiting for the answer; the store itself waits much longer. */
const PATIENCE_MS = 2_000;

/** Throws Problem('unavailable') when there is no answer soon; the work continues, and may still succeed. */
export async function soon<T>(work: Promise<T>): Promise<T> {
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => overdue.reject(new Problem('unavailable', `The database did not answer within ${PATIENCE_MS / 1_000} s.`)),
    PATIENCE_MS,
  );
  try {
    return await Promise.race([work, overdue.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The database's answer; if it does not come soon or cannot be read, the remembered one. */
export async function orRemembered<T>(work: () => Promise<T>, remembered: () => T | null): Promise<T> {
  if (remembered() === null) return work();
  try {
    return await soon(work());
  } catch (error) {
    const kept = hasFailed(error) ? remembered() : null;
    if (kept === null) throw error;
    return kept;
  }
}

/** The store cannot do what was asked: it is away, it is full, or its record of a rollout is damaged. */
export function hasFailed(error: unknown): boolean {
  return error instanceof Problem && (error.code === 'unavailable' || error.code === 'internal');
}
