/** Of one line; what is beyond either is not looked at. */
export const MOST_LINE_FIELDS = 256;
const DEEPEST = 3;
const LONGEST_NAME = 100;

/** The fields of a record by their names, nested ones with dots; as much of it as is read at all. */
export function flatFields(record: object): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  gather(record, '', 1, found);
  return found;
}

function gather(record: object, prefix: string, depth: number, found: Map<string, unknown>): void {
  // No list of all keys: a line of a million is left after the first few.
  for (const key in record) {
    if (!Object.hasOwn(record, key)) continue;
    if (found.size >= MOST_LINE_FIELDS) return;
    const name = prefix + key;
    if (name.length > LONGEST_NAME || key === '__proto__') continue;
    const value: unknown = Reflect.get(record, key);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && depth < DEEPEST) {
      gather(value, `${name}.`, depth + 1, found);
    } else if (value !== undefined) found.set(name, value);
  }
}
