import { isRecord } from '../../policy/is-record.ts';
import { type FileData, unitsOf } from './file-units.ts';

/** What is in force once a file has been read again: all of it but what needs a restart, which stays as it was. */
export function inForceAfter(before: FileData, after: FileData): FileData {
  const kept = unitsOf(before).filter(({ effect }) => effect === 'restart');
  let { written, filled } = after;
  for (const { path } of kept) {
    written = withValue(written, path, valueAt(before.written, path));
    filled = withValue(filled, path, valueAt(before.filled, path));
  }
  return { written, filled };
}

function valueAt(data: unknown, [field, ...below]: readonly string[]): unknown {
  if (field === undefined) return data;
  return isRecord(data) && Object.hasOwn(data, field) ? valueAt(data[field], below) : undefined;
}

/** The same data with another value at a place; undefined takes the place away. */
function withValue(data: unknown, [field, ...below]: readonly string[], value: unknown): unknown {
  if (field === undefined) return value;
  const fields = isRecord(data) ? Object.entries(data) : [];
  const present = fields.find(([name]) => name === field)?.[1];
  const changed = withValue(present, below, value);
  if (changed === undefined && fields.length === 0) return data;
  // In its own place, because people read what is made of it.
  const others = present === undefined ? [...fields, [field, changed] as const] : fields;
  return Object.fromEntries(
    others.flatMap(([name, item]) =>
      name !== field ? [[name, item]] : changed === undefined ? [] : [[name, changed]],
    ),
  );
}
