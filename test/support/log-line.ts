import type { LogLine } from '../../src/logs/lines/log-line.ts';

/** A line at error level that says `boom`, as a way in makes it. */
export function logLineOf(
  parts: Partial<Omit<LogLine, 'fields'>> & { fields?: Readonly<Record<string, unknown>> } = {},
): LogLine {
  const { fields = {}, ...rest } = parts;
  return {
    level: 'error',
    logger: '',
    message: 'boom',
    at: null,
    version: null,
    call: null,
    ...rest,
    fields: Object.keys(fields),
    fieldValue: (name) => fields[name],
  };
}
