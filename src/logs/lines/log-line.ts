import { MOST_READ } from '../../redact/example.ts';
import type { LineLevel } from '../../stats/logs/log-counts.ts';

/** What of one line is counted. Texts are cut to their bounds, so that nothing large outlives its batch. */
export interface LogLine {
  readonly level: LineLevel;
  /** Empty where the line names none. */
  readonly logger: string;
  /** The first line of the message; of a stack trace, with the class of its exception behind it in brackets. */
  readonly message: string;
  /** When it was written, epoch ms by the clock of its sender; null where it does not say. */
  readonly at: number | null;
  /** Null where it does not say. */
  readonly version: string | null;
  /** Names of its fields, nested ones with dots; never `__proto__`. */
  readonly fields: readonly string[];
  /** What a field of it has, read only where it becomes an example; undefined for none. */
  readonly fieldValue: (name: string) => unknown;
  /** The other service that it tells of, as in `LogCounts.calls`; null for none. */
  readonly call: string | null;
}

/** Longer messages are cut: what varies stands at their end. Examples read one character less, and so know that the end is missing. */
export const LONGEST_MESSAGE = MOST_READ + 1;
export const LONGEST_LOGGER = 100;

/** One line of at most this many bytes is read; of a longer one only its presence is counted. */
export const LONGEST_LINE_BYTES = 64 * 1024;
