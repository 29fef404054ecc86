import { formatSpan } from '../parity/figures.ts';

/** How old a verdict is, and why it is not newer. */
export interface LookAge {
  /** Since the last committed look. */
  readonly agoMs: number;
  /** The age from which on something is wrong: a look should have come. */
  readonly overdueMs: number;
  /** Looks that have failed since the last one that succeeded. */
  readonly failures: number;
  /** Why the last one failed; null while they succeed. */
  readonly trouble: string | null;
}

/** `4 min ago`, or `4 min ago; the 48 looks since then have failed: The database cannot answer`. */
export function lookAgeInWords({ agoMs, failures, trouble }: Omit<LookAge, 'overdueMs'>): string {
  const ago = `${formatSpan(agoMs)} ago`;
  if (trouble === null) return ago;
  return `${ago}; ${failures === 1 ? 'the look since then has' : `the ${failures} looks since then have`} failed: ${trouble}`;
}
