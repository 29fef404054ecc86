import { isRecord } from '../../policy/is-record.ts';
import { flatFields } from '../lines/flat-fields.ts';
import { type LineFields, lineOfFields } from '../lines/line-of-fields.ts';
import type { LogLine } from '../lines/log-line.ts';
import { linesIn, textLines } from './text-lines.ts';
import { type LogWay, NO_ORIGIN } from './way.ts';

/** One JSON object a line, by the names that the usual loggers write. */
export const ndjson: LogWay = {
  name: 'ndjson',
  read(bytes, tell) {
    if (!tell.wants(NO_ORIGIN)) return tell.unread(linesIn(bytes), NO_ORIGIN);
    for (const text of textLines(bytes)) {
      const line = text === null ? null : lineOfJson(text);
      if (line !== null) tell.line(line, NO_ORIGIN);
      else tell.fault(text === null ? 'too-long' : 'malformed', NO_ORIGIN);
    }
  },
};

/** Null where a text is no JSON object that says anything. */
export function lineOfJson(text: string, around?: LineFields): LogLine | null {
  const record = parsedObject(text);
  return record === null ? null : lineOfFields(flatFields(record), around);
}

function parsedObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
