const LONGEST_KEY = 64;

export type Path = readonly (string | number)[];

/** What is wrong with a value, before its position in the text is known. */
export interface DocumentFault {
  readonly path: Path;
  /** One sentence that names the field. */
  readonly message: string;
  /** Which part of `key: value` the caret points at. */
  readonly at: 'key' | 'value';
}

/** `['spec', 'steps', 1, 'weight']` -> `spec.steps[1].weight`; empty for the whole document. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? shown(part) : `${text}.${shown(part)}`;
  }, '');
}

/** The display name of the value at a path: its own key, with the list's name before an index: `steps[1]`. */
export function nameOf(path: Path): string {
  const from = path.findLastIndex((part) => typeof part === 'string');
  return from < 0 ? `the document${formatPath(path)}` : formatPath(path.slice(from));
}

/** A key from the document, safe to print: short, and without characters that a terminal interprets. */
export function shown(key: string): string {
  const safe = printable(key);
  return safe.length > LONGEST_KEY ? `${safe.slice(0, LONGEST_KEY - 1)}…` : safe;
}

/** Text from outside without control and formatting characters, except tabs; its length stays the same. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => (char === '\t' ? char : '\ufffd'.repeat(char.length)));
}
