import { VERSION_WORD } from '../matchers.ts';

/** Go's regexp takes no more, by their product where one is within another. */
const MOST_REPEATS = 1_000;

const POSIX = /^\[:\^?(alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;
const NAMED_GROUP = /^\(\?P?<([^>]*)>/;
const FLAGS = /^\(\?[imsU]*(?:-[imsU]+)?([:)])/;
const REPEAT = /^(?:[*+?]|\{(0|[1-9]\d*)(?:,(0|[1-9]\d*|))?\})\??/;
/** One character, by its code point, in its own escape. */
const CODE = /^\\(?:x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]{1,6}\}|0[0-7]{0,2}|[1-7][0-7]{1,2})/;
const PROPERTY = /^\\[pP](?:([A-Z])|\{(\^?)(\w+)\})/;
const SET = /^\\[dDsSwW]/;
const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const EMPTY_QUOTE = '\\Q\\E';
const LARGEST_CODE = 0x10_ff_ff;

class Fault extends Error {}

/**
 * Why Prometheus would refuse a pattern after `=~` or `!~`, with the character at which; null when it takes it. Both read RE2's
 * syntax as Go's `regexp` does: without look-around and back references, which JavaScript has. `{{version}}` stands for
 * literal text; the few places where it would be part of something else are refused.
 *
 * Source: https://github.com/google/re2/wiki/Syntax; Go's regexp/syntax, flags Perl and UnicodeGroups
 */
export function patternFault(pattern: string): string | null {
  try {
    new PatternReader(pattern).read();
    return null;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}

class PatternReader {
  private at = 0;
  private versions = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  read(): void {
    this.alternatives();
    if (this.at < this.text.length) this.fail('a ) that closes nothing');
    const meant = this.text.split(VERSION_WORD).length - 1;
    if (this.versions < meant) {
      throw new Fault(`${VERSION_WORD} cannot be part of a class [...], of \\Q...\\E or of an escape`);
    }
  }

  /** @returns the most repetitions that any part has: Go bounds their product. */
  private alternatives(): number {
    let most = 1;
    /** Whether there is something to repeat; a repetition is not, and neither is a | or the beginning. */
    let before: 'nothing' | 'part' | 'repetition' = 'nothing';
    let repeats = 1;
    while (this.at < this.text.length && this.peek() !== ')') {
      const repetition = this.match(REPEAT);
      if (repetition !== null) {
        if (before === 'nothing') this.fail(`${repetition[0]} repeats nothing`);
        if (before === 'repetition') this.fail(`${repetition[0]} repeats a repetition`);
        most = Math.max(most, this.timesOf(repetition, repeats));
        this.at += repetition[0].length;
        before = 'repetition';
      } else if (this.peek() === '|') {
        this.at += 1;
        before = 'nothing';
      } else {
        const part = this.part();
        // Flags, or a quote of nothing, are no part: what follows them repeats what precedes them.
        if (part === 'nothing') {
          if (before === 'repetition') before = 'part';
          continue;
        }
        repeats = part;
        most = Math.max(most, repeats);
        before = 'part';
      }
    }
    return most;
  }

  private timesOf([whole, least, largest]: RegExpMatchArray, repeats: number): number {
    if (least === undefined) return repeats;
    const times = Math.max(Number(least), Number(largest === undefined || largest === '' ? least : largest));
    if (largest && Number(largest) < Number(least)) this.fail(`${whole} ends below its beginning`);
    if (times * repeats > MOST_REPEATS) this.fail(`${whole} makes more than ${MOST_REPEATS} repetitions`);
    return Math.max(1, times) * repeats;
  }

  private part(): number | 'nothing' {
    if (this.text.startsWith(VERSION_WORD, this.at)) {
      this.at += VERSION_WORD.length;
      this.versions += 1;
      return 1;
    }
    if (this.text.startsWith(EMPTY_QUOTE, this.at)) {
      this.at += EMPTY_QUOTE.length;
      return 'nothing';
    }
    switch (this.peek()) {
      case '(':
        return this.group();
      case '[':
        this.class();
        return 1;
      case '\\':
        this.escape();
        return 1;
      default:
        this.at += this.peek().length;
        return 1;
    }
  }

  private group(): number | 'nothing' {
    const opened = this.at;
    const named = this.match(NAMED_GROUP);
    const flags = this.match(FLAGS);
    if (named) {
      const [whole, name = ''] = named;
      if (!/^\w+$/.test(name)) this.fail('a group whose name is not of letters, digits and _');
      this.at += whole.length;
    } else if (flags) {
      this.at += flags[0].length;
      if (flags[1] === ')') return 'nothing';
    } else if (this.text.startsWith('(?', this.at)) {
      const around = /^\(\?<?[=!]/.test(this.text.slice(this.at));
      this.fail(around ? 'look-around, which RE2 does not have' : 'a (? that RE2 does not know');
    } else {
      this.at += 1;
    }
    const repeats = this.alternatives();
    if (this.peek() !== ')') this.fail('a ( that is not closed', opened);
    this.at += 1;
    return repeats;
  }

  private class(): void {
    const opened = this.at;
    this.at += this.text.startsWith('[^', this.at) ? 2 : 1;
    for (let first = true; first || this.peek() !== ']'; first = false) {
      if (this.peek() === '') this.fail('a [ that is not closed', opened);
      const posix = this.match(POSIX);
      const set = this.match(SET);
      if (posix) this.at += posix[0].length;
      else if (/^\[:.*?:\]/s.test(this.text.slice(this.at))) this.fail('a class [:...:] that RE2 does not know');
      else if (set) this.at += set[0].length;
      else if (!this.property()) this.range(opened);
    }
    this.at += 1;
  }

  private range(opened: number): void {
    const begun = this.at;
    const low = this.classChar(opened);
    if (this.peek() !== '-' || this.text.startsWith(']', this.at + 1) || this.at + 1 >= this.text.length) return;
    this.at += 1;
    const high = this.classChar(opened);
    if (high < low) this.fail('a range that ends below its beginning', begun);
  }

  /** @returns its code point */
  private classChar(opened: number): number {
    const char = this.peek();
    if (char === '') this.fail('a [ that is not closed', opened);
    if (char === '\\') return this.escapedChar();
    this.at += char.length;
    return char.codePointAt(0) ?? 0;
  }

  private escape(): void {
    if (this.text.startsWith('\\Q', this.at)) {
      const end = this.text.indexOf('\\E', this.at);
      // Prometheus puts the pattern in a group, whose end would be literal text too.
      if (end < 0) this.fail('a \\Q without \\E');
      this.at = end + 2;
      return;
    }
    const other = this.match(SET) ?? this.match(/^\\[AbBz]/);
    if (other) this.at += other[0].length;
    else if (!this.property()) this.escapedChar();
  }

  private escapedChar(): number {
    const code = this.match(CODE);
    const letter = this.text.charAt(this.at + 1);
    if (code) {
      const [whole] = code;
      const digits = whole.replaceAll(/[\\x{}]/g, '');
      const point = Number.parseInt(digits, whole.startsWith('\\x') ? 16 : 8);
      if (point > LARGEST_CODE) this.fail(`${whole} is beyond the last character`);
      this.at += whole.length;
      return point;
    }
    if (letter === '') this.fail('a \\ that escapes nothing');
    const isPunctuation = letter.charCodeAt(0) < 128 && !/[A-Za-z0-9]/.test(letter);
    const point = isPunctuation ? letter.charCodeAt(0) : CONTROL[letter];
    if (point === undefined) {
      this.fail(
        /[1-9k]/.test(letter)
          ? 'a back reference, which RE2 does not have'
          : `an escape \\${letter}, which RE2 does not have`,
      );
    }
    this.at += 2;
    return point;
  }

  private property(): boolean {
    const property = this.match(PROPERTY);
    if (!property) return false;
    const [whole, letter, , name = letter ?? ''] = property;
    if (!isProperty(name)) this.fail(`${whole}, which is no property of characters`);
    this.at += whole.length;
    return true;
  }

  private peek(): string {
    const point = this.text.codePointAt(this.at);
    return point === undefined ? '' : String.fromCodePoint(point);
  }

  private match(expression: RegExp): RegExpMatchArray | null {
    return this.text.slice(this.at).match(expression);
  }

  private fail(what: string, at = this.at): never {
    throw new Fault(`at character ${at + 1}: ${what}`);
  }
}

/** Scripts whose names are as short as the codes that JavaScript has for scripts beside their names, and Go has not. */
const SHORT_SCRIPTS = new Set('Ahom Cham Kawi Lisu Miao Modi Newa Thai Toto Yi'.split(' '));

/** A general category or a script, by the names that Go has for it. */
function isProperty(name: string): boolean {
  if (name === 'Any' || SHORT_SCRIPTS.has(name)) return true;
  if (name.length === 4) return false;
  const key = name.length <= 2 ? 'gc' : 'sc';
  try {
    return new RegExp(`^\\p{${key}=${name}}`, 'u').source !== '';
  } catch {
    return false;
  }
}
