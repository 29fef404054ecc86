import { COLON, CR, isBlank, LF, lengthAt, SP, TOKEN, VALUE } from './grammar.ts';

const LOWER = 0x20;

/**
 * Walks over field lines (RFC 9112 section 5), each ended by CRLF, without copying them out of the buffer. Anything
 * else is broken: obs-fold, a bare CR or LF, space before the colon, a control character in a value.
 */
export class FieldLines {
  /** Where the current line begins. */
  start: number;
  nameLength = 0;
  /** Where the value begins and ends, without the optional white space around it. */
  valueFrom = 0;
  valueTo = 0;
  /** Where the next line begins. */
  next: number;
  /** Whether the line reads `Name: value` with one space and no other blanks around the value. */
  isTidy = true;
  private readonly bytes: Buffer;
  private readonly end: number;

  /** The lines from `at` up to `end`. */
  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.start = at;
    this.next = at;
    this.end = end;
  }

  advance(): 'line' | 'over' | 'broken' {
    const { bytes, next, end } = this;
    if (next >= end) return 'over';
    let colon = next;
    while (TOKEN[bytes[colon] ?? 0] === 1) colon++;
    if (colon === next || bytes[colon] !== COLON) return 'broken';
    let stop = colon + 1;
    while (VALUE[bytes[stop] ?? 0] === 1) stop++;
    if (stop + 1 >= end || bytes[stop] !== CR || bytes[stop + 1] !== LF) return 'broken';
    let from = colon + 1;
    let to = stop;
    while (from < to && isBlank(bytes[from] ?? 0)) from++;
    while (to > from && isBlank(bytes[to - 1] ?? 0)) to--;
    this.isTidy = bytes[colon + 1] === SP && (stop === colon + 2 || (from === colon + 2 && to === stop));
    this.start = next;
    this.nameLength = colon - next;
    this.valueFrom = from;
    this.valueTo = to;
    this.next = stop + 2;
    return 'line';
  }

  /** Whether the field has this name, which must consist of lower-case letters, digits and hyphens. */
  isNamed(lower: string): boolean {
    const { bytes, start, nameLength } = this;
    if (nameLength !== lower.length) return false;
    for (let at = 0; at < nameLength; at++) {
      if (((bytes[start + at] ?? 0) | LOWER) !== lower.charCodeAt(at)) return false;
    }
    return true;
  }

  get value(): string {
    return this.bytes.toString('latin1', this.valueFrom, this.valueTo);
  }

  /** The value as a length; null if it is invalid. */
  get length(): number | null {
    return lengthAt(this.bytes, this.valueFrom, this.valueTo);
  }
}

/** The lines of a latin1 string as alternating names and values; null when they are broken. */
export function readFieldLines(text: string): string[] | null {
  const bytes = Buffer.from(text, 'latin1');
  const lines = new FieldLines(bytes, 0, bytes.length);
  const fields: string[] = [];
  let step = lines.advance();
  for (; step === 'line'; step = lines.advance()) {
    const { start, nameLength, valueFrom, valueTo } = lines;
    fields.push(text.slice(start, start + nameLength), text.slice(valueFrom, valueTo));
  }
  return step === 'over' ? fields : null;
}
