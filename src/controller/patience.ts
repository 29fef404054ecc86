import { Problem } from '../problem/problem.ts';

/** A person, or a probe, waits for the answer; the store itself waits much longer. */
const PATIENCE_MS = 2_000;

/** Throws Problem('unavailable') when there is no answer soon; the work goes on, and may still be done. */
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

/** What the database says; where it says nothing soon, or nothing that can be read, what is remembered. */
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

/** The store cannot do what it was asked for: it is away, it is full, or what it holds of a rollout is damaged. */
export function hasFailed(error: unknown): boolean {
  return error instanceof Problem && (error.code === 'unavailable' || error.code === 'internal');
}
