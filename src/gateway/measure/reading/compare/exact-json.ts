import { randomUUID } from 'node:crypto';

/** Digits that a double always keeps. */
const MOST_DIGITS = 15;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** What no answer can have, but by chance. */
const MARK = `${randomUUID()} `;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * A JSON document in which numbers that a double cannot keep are as they were written: see `writtenNumber`. Null for one of which the
 * text shows that it has more values than these, which is not parsed.
 */
export function exactDocument(text: string, mostValues: number): { readonly document: unknown } | 'broken' | null {
  const exact = withLongNumbers(text, mostValues);
  if (exact === null) return null;
  try {
    return { document: JSON.parse(exact) };
  } catch {
    return 'broken';
  }
}

/** A number as it was written; null for a text that stands for itself. */
export function writtenNumber(text: string): string | null {
  return text.startsWith(MARK) ? text.slice(MARK.length) : null;
}

/** One pass: asking the parser how each value was written takes a hundred times as long. */
function withLongNumbers(text: string, mostValues: number): string | null {
  let exact = '';
  let copied = 0;
  let commas = 0;
  let containers = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === 0x2c) commas += 1;
    else if (code === 0x5b || code === 0x7b) containers += 1;
    else if (code === 0x2d || isDigit(code)) {
      const end = endOfNumber(text, at);
      if (isLong(text, at, end)) {
        exact += `${text.slice(copied, at)}"${MARK}${text.slice(at, end)}"`;
        copied = end;
      }
      at = end - 1;
    }
    // Each comma has a value on both sides, and each container is one.
    if (commas >= mostValues || containers > mostValues) return null;
  }
  return copied === 0 ? text : exact + text.slice(copied);
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

function endOfNumber(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && isOfNumber(text.charCodeAt(at))) at += 1;
  return at;
}

/** Whether it is a value with too many digits: a key is no number, whatever it looks like. */
function isLong(text: string, from: number, to: number): boolean {
  if (to - from <= MOST_DIGITS) return false;
  let digits = 0;
  for (let at = from; at < to; at += 1) if (isDigit(text.charCodeAt(at))) digits += 1;
  if (digits <= MOST_DIGITS || !NUMBER.test(text.slice(from, to))) return false;
  let next = to;
  while (next < text.length && text.charCodeAt(next) <= 0x20) next += 1;
  return text.charCodeAt(next) !== COLON;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isOfNumber(code: number): boolean {
  // Digits, `.`, `e`, `E`, `+` and `-`.
  return isDigit(code) || code === 0x2e || code === 0x65 || code === 0x45 || code === 0x2b || code === 0x2d;
}
