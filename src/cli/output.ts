import { stringify } from 'yaml';
import type { Session } from './terminal.ts';

export type Format = 'table' | 'wide' | 'json' | 'yaml';

/** Prints data on stdout in the requested format; `text` produces the human-readable form. */
export function print(
  session: Session,
  format: Format,
  data: unknown,
  text: (format: 'table' | 'wide') => string,
): void {
  session.stdout.write(`${render(format, data, text)}\n`);
}

function render(format: Format, data: unknown, text: (format: 'table' | 'wide') => string): string {
  switch (format) {
    case 'json':
      return JSON.stringify(data, null, 2);
    case 'yaml':
      return stringify(data).trimEnd();
    case 'table':
    case 'wide':
      return text(format);
  }
}

/** Everything that is not data. */
export function say(session: Session, line: string): void {
  session.stderr.write(`${line}\n`);
}
