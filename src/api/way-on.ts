import { Problem } from '../problem/problem.ts';

/** An operator who cannot pause while the database is away can still roll the canary back. */
export function withWayOn(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== 'unavailable') return error;
  const said = error.message.replace(/\.$/, '');
  const wayOn = 'Try again in some seconds; rollback and abort work without the database.';
  return new Problem(error.code, `${said}. ${wayOn}`, { issues: error.issues, cause: error });
}
