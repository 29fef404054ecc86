import type { RolloutView } from '../api/view-schemas.ts';
import { Problem } from '../problem/problem.ts';

export const EXIT = { ok: 0, error: 1, invalid: 2, rolledBack: 3, timeout: 4, waiting: 5 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of a rollout that has ended, or that waits for an operator; null while it goes on by itself. */
export function exitCodeOfRollout({ stage, waitsFor }: RolloutView): ExitCode | null {
  switch (stage) {
    case 'promoted':
    case 'finalised':
      return EXIT.ok;
    case 'rolled-back':
    case 'aborted':
    case 'superseded':
      return EXIT.rolledBack;
    default:
      return waitsFor.length > 0 ? EXIT.waiting : null;
  }
}

export function exitCodeOfError(error: unknown): ExitCode {
  return error instanceof Problem && error.code === 'invalid-input' ? EXIT.invalid : EXIT.error;
}
