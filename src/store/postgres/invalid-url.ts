import { Problem } from '../../problem/problem.ts';

/** `what` is a clause about DATABASE_URL that repeats no part of it which could hold the password. */
export function invalidUrl(what: string): Problem {
  return new Problem('invalid-input', `DATABASE_URL ${what}.`);
}
