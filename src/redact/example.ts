import { namedSecrets } from './named-values.ts';
import { isSecretName, isSecretPath } from './secret-name.ts';
import { type SecretSpan, secretSpans, withoutOverlaps } from './secret-patterns.ts';

/** Characters of an example. */
export const LONGEST_EXAMPLE = 80;

/** Characters of a text that are read: the end of a longer one may cut a secret in two, and is not shown. */
export const MOST_READ = 1_000;
const UNSHOWN_END = 300;
const DEEPEST = 6;
/** Of one object or list. */
const MOST_MEMBERS = 20;

/**
 * A text as an example for people, on one line: what looks like a secret or like a person's is replaced, by the name that stands
 * before it or by its form, and the rest is cut to 80 characters. Takes bounded time, whatever the text is.
 */
export function exampleOfText(text: string): string {
  return cut(redact(text));
}

/** A text of a service that failed, on one line: redacted in the same way, and of at most 1,000 characters. */
export function redactedText(text: string): string {
  return redact(text);
}

/**
 * A value of a JSON document as an example for people: as JSON, redacted by the names on its path and within it and by its form, and
 * cut to 80 characters. Of an object that is longer the names are told, which say what it has and what it has not. Of a secret only
 * the type is said.
 *
 * @param path JSON pointer, or the name of a header
 */
export function exampleOfValue(path: string, value: unknown): string {
  if (isSecretPath(path)) return hidden(value);
  const text = shown(value, DEEPEST);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return cut(isObject && text.length > LONGEST_EXAMPLE ? namesOf(value) : text);
}

/**
 * A value by its name in what is said beside it, as an example for people: redacted as both are by themselves, and cut together.
 *
 * @example exampleOfNamed('order.id', 'A-17', 'order placed') // 'order.id: "A-17" in order placed'
 */
export function exampleOfNamed(name: string, value: unknown, text: string): string {
  const said = redact(text);
  const named = `${redact(name)}: ${isSecretName(name) ? hidden(value) : shown(value, DEEPEST)}`;
  return cut(said === '' ? named : `${named} in ${said}`);
}

/** Whether nothing of a value may be shown or counted by itself: by its path, or by its form. */
export function isSecretValue(path: string, text: string): boolean {
  return isSecretPath(path) || isSecretText(text);
}

/** The parts of a short text that are not to be shown, from the left, none within another. */
export function redactedSpans(text: string): readonly SecretSpan[] {
  return withoutOverlaps([...namedSecrets(text), ...secretSpans(text)]);
}

/** Whether a text looks like a secret, or like a person's, or has one in it. */
export function isSecretText(text: string): boolean {
  return text.length > MOST_READ || secretSpans(text).length > 0;
}

function redact(text: string): string {
  const read = oneLine(text.slice(0, MOST_READ));
  const limit = text.length > MOST_READ ? MOST_READ - UNSHOWN_END : read.length;
  const spans = redactedSpans(read).filter(({ from }) => from < limit);
  return `${replaced(read, spans, limit)}${text.length > MOST_READ ? '…' : ''}`;
}

function replaced(text: string, spans: readonly SecretSpan[], limit: number): string {
  let from = 0;
  const parts: string[] = [];
  for (const span of spans) {
    parts.push(text.slice(from, span.from), span.as);
    from = span.to;
  }
  return parts.join('') + text.slice(from, Math.max(from, limit));
}

// Characters that show nothing, and other forms of the same ones, would hide a secret from its pattern.
function oneLine(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Cf}+/gu, '')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

function shown(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(redact(value));
    case 'number':
    case 'boolean':
    case 'bigint':
      return redact(String(value));
    case 'object':
      if (value === null) return 'null';
      if (depth === 0) return Array.isArray(value) ? '[…]' : '{…}';
      return Array.isArray(value) ? listed(value, depth) : membersOf(value, depth);
    default:
      return hidden(value);
  }
}

function listed(items: readonly unknown[], depth: number): string {
  const [name, ...values] = items;
  // A name and its values, as head fields are kept.
  if (values.length === 1 && typeof name === 'string' && isSecretName(name)) {
    return `[${JSON.stringify(redact(name))},${hidden(values[0])}]`;
  }
  const parts: string[] = [];
  let length = 0;
  for (const item of items) {
    if (parts.length === MOST_MEMBERS || length > LONGEST_EXAMPLE) return `[${parts.join(',')},…]`;
    const part = shown(item, depth - 1);
    length += part.length + 1;
    parts.push(part);
  }
  return `[${parts.join(',')}]`;
}

function membersOf(record: object, depth: number): string {
  const parts: string[] = [];
  let length = 0;
  const isOfSecret = NAMING.some((naming) => isNameOfSecret(record, naming));
  for (const name in record) {
    if (!Object.hasOwn(record, name)) continue;
    if (parts.length === MOST_MEMBERS || length > LONGEST_EXAMPLE) return `{${parts.join(',')},…}`;
    const value = (record as Readonly<Record<string, unknown>>)[name];
    const part = `${JSON.stringify(redact(name))}:${isSecretName(name) || (isOfSecret && !NAMING.includes(name)) ? hidden(value) : shown(value, depth - 1)}`;
    length += part.length + 1;
    parts.push(part);
  }
  return `{${parts.join(',')}}`;
}

/** Members that say what the others are: `{"name": "password", "value": "..."}`. */
const NAMING: readonly string[] = ['name', 'key', 'field', 'header'];

function isNameOfSecret(record: object, naming: string): boolean {
  const named = Object.hasOwn(record, naming) ? (record as Readonly<Record<string, unknown>>)[naming] : null;
  return typeof named === 'string' && isSecretName(named) && Object.hasOwn(record, 'value');
}

/** `{id, status, customer, total}` */
function namesOf(record: object): string {
  const names: string[] = [];
  let length = 0;
  for (const name in record) {
    if (!Object.hasOwn(record, name)) continue;
    if (length > LONGEST_EXAMPLE) return `{${names.join(', ')}, …}`;
    names.push(redact(name));
    length += name.length + 2;
  }
  return `{${names.join(', ')}}`;
}

function hidden(value: unknown): string {
  if (value === null) return 'null';
  return `[redacted ${Array.isArray(value) ? 'list' : typeof value}]`;
}

/** At most so many UTF-16 units, never half a character. */
function cut(text: string): string {
  if (text.length <= LONGEST_EXAMPLE) return text;
  return `${text.slice(0, LONGEST_EXAMPLE - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
