const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

/** tchar of RFC 9110 section 5.6.2. */
const IN_NAME = tableOf("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/**
 * Walks over field lines (RFC 9112 section 5) of a latin1 text, each ended by CRLF, without taking them out of it.
 * Broken by anything else: obs-fold, a bare CR or LF, space before the colon, a control character in a value.
 */
export class FieldLines {
  /** Where the line at hand begins. */
  start: number;
  nameLength = 0;
  /** Where the next line begins. */
  next: number;
  private readonly text: string;
  private readonly end: number;
  private valueFrom = 0;
  private valueTo = 0;

  /** The lines from `at` to before `end`. */
  constructor(text: string, at: number, end: number) {
    this.text = text;
    this.start = at;
    this.next = at;
    this.end = end;
  }

  advance(): 'line' | 'over' | 'broken' {
    const { text, next } = this;
    if (next >= this.end) return 'over';
    let colon = next;
    while (IN_NAME[text.charCodeAt(colon)] === 1) colon++;
    if (colon === next || text.charCodeAt(colon) !== COLON) return 'broken';
    let stop = colon + 1;
    let code = text.charCodeAt(stop);
    while ((code >= SPACE && code !== 0x7f) || code === TAB) code = text.charCodeAt(++stop);
    if (code !== CR || text.charCodeAt(stop + 1) !== LF || stop >= this.end) return 'broken';
    this.start = next;
    this.nameLength = colon - next;
    this.valueFrom = colon + 1;
    this.valueTo = stop;
    this.next = stop + 2;
    return 'line';
  }

  get name(): string {
    return this.text.slice(this.start, this.start + this.nameLength);
  }

  /** Without the optional white space around it. */
  get value(): string {
    const { text } = this;
    let from = this.valueFrom;
    let to = this.valueTo;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    return text.slice(from, to);
  }

  /** Whether the line reads `Name: value` with one space and no other blanks around the value. */
  get isTidy(): boolean {
    const { text, valueFrom, valueTo } = this;
    if (text.charCodeAt(valueFrom) !== SPACE) return false;
    return (
      valueTo === valueFrom + 1 || !(isBlank(text.charCodeAt(valueFrom + 1)) || isBlank(text.charCodeAt(valueTo - 1)))
    );
  }
}

/** All the lines as names and values by turns; null when they are broken. */
export function readFieldLines(text: string, at: number, end: number): string[] | null {
  const fields: string[] = [];
  const lines = new FieldLines(text, at, end);
  for (;;) {
    switch (lines.advance()) {
      case 'line':
        fields.push(lines.name, lines.value);
        break;
      case 'over':
        return fields;
      case 'broken':
        return null;
    }
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
