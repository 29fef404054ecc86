import { errorCode } from './error-code.ts';

/**
 * debug: useful to developers of Serin. info: what happened as it should. warn: something outside failed, and Serin
 * recovers by itself. error: an operator has to look, or Serin has a bug.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line of the log: what happened, and its facts. */
export interface LogEvent {
  readonly what: string;
  /** Defaults to `info`. */
  readonly level?: LogLevel;
  /** The thrown value; logged with its stack and its causes. */
  readonly error?: unknown;
  readonly [fact: string]: unknown;
}

export type Log = (event: LogEvent) => void;

/** A thrown value as the log shows it. */
export interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorFacts;
}

const DEEPEST_CAUSE = 5;

/**
 * Any thrown value, with its stack and its causes. Other properties are left out: drivers keep statements and
 * parameters there.
 */
export function errorFacts(thrown: unknown, depth = 0): ErrorFacts {
  if (!(thrown instanceof Error)) return { name: typeof thrown, message: asText(thrown) };
  const { name, message, stack, cause } = thrown;
  const code = errorCode(thrown);
  return {
    name,
    message,
    ...(code === null ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined || depth >= DEEPEST_CAUSE ? {} : { cause: errorFacts(cause, depth + 1) }),
  };
}

/** One clause for a sentence that users read. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : asText(thrown);
}

function asText(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'a value without a text form';
  }
}
