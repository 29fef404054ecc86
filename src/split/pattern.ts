/** A larger program takes too long for each character of a text. */
const MOST_STEPS = 200;
const MOST_TIMES = 100;
/** Groups within groups. */
const MOST_DEPTH = 20;
/** Characters of a text that are looked at, from its beginning. */
export const MOST_MATCHED = 2_000;

type Test = (character: string) => boolean;
type Place = 'begin' | 'end';

/** A part of a program: adds its steps behind those that are there. */
type Part = (steps: Step[]) => void;

/** A character that passes, a place, two ways on, a way back, and the end. */
type Step =
  | { readonly do: 'take'; readonly test: Test }
  | { readonly do: 'be-at'; readonly place: Place }
  | { readonly do: 'split'; readonly one: number; other: number }
  | { readonly do: 'jump'; to: number }
  | { readonly do: 'match' };

/** What is wrong with a pattern; the message goes to who wrote it. */
export class PatternFault extends Error {}

/**
 * A regular expression of which no text takes long: characters, `.`, classes, groups, `|`, `^`, `$`, `*`, `+`, `?`, `{n,m}`,
 * `\d \w \s \D \W \S`, and `(?i)` at its beginning. All ways are followed side by side (Thompson, "Regular expression search
 * algorithm", CACM 11(6), 1968), and there is nothing that would need them one after the other: no references, no looking around.
 *
 * @example new Pattern("(?i)^I('m| am) sorry").isIn("I'm sorry, but") // true
 */
export class Pattern {
  private readonly steps: readonly Step[];

  /** Throws a `PatternFault` for what is no such pattern. */
  constructor(source: string) {
    const ignoresCase = source.startsWith('(?i)');
    const steps: Step[] = [];
    new PatternParser(ignoresCase ? source.slice('(?i)'.length) : source, ignoresCase).parse()(steps);
    steps.push({ do: 'match' });
    this.steps = steps;
  }

  /** Whether it is anywhere in the first `MOST_MATCHED` characters of a text. */
  isIn(text: string): boolean {
    const characters = Array.from(text.slice(0, MOST_MATCHED));
    let ways = new Set<number>();
    for (let at = 0; ; at += 1) {
      const here = new Set<number>();
      for (const way of ways) this.follow(way, at, characters.length, here);
      this.follow(0, at, characters.length, here);
      if (here.has(this.steps.length - 1)) return true;
      const character = characters[at];
      if (character === undefined) return false;
      ways = new Set();
      for (const way of here) {
        const step = this.steps[way];
        if (step?.do === 'take' && step.test(character)) ways.add(way + 1);
      }
    }
  }

  /** Where one can be without another character. */
  private follow(from: number, at: number, length: number, seen: Set<number>): void {
    const open = [from];
    for (let way = open.pop(); way !== undefined; way = open.pop()) {
      if (seen.has(way)) continue;
      seen.add(way);
      const step = this.steps[way];
      if (step?.do === 'jump') open.push(step.to);
      else if (step?.do === 'split') open.push(step.one, step.other);
      else if (step?.do === 'be-at' && at === (step.place === 'begin' ? 0 : length)) open.push(way + 1);
    }
  }
}

const DIGIT: Test = (character) => /[0-9]/.test(character);
const WORD: Test = (character) => /[A-Za-z0-9_]/.test(character);
const SPACE: Test = (character) => /\s/.test(character);
const not =
  (test: Test): Test =>
  (character) =>
    !test(character);
const KINDS: Readonly<Record<string, Test>> = {
  d: DIGIT,
  D: not(DIGIT),
  w: WORD,
  W: not(WORD),
  s: SPACE,
  S: not(SPACE),
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** What is wrong with a pattern; null for one that can be asked. */
export function faultOfPattern(source: string): string | null {
  try {
    new Pattern(source);
    return null;
  } catch (error) {
    if (error instanceof PatternFault) return error.message;
    throw error;
  }
}

class PatternParser {
  private readonly characters: readonly string[];
  private readonly ignoresCase: boolean;
  private at = 0;
  private depth = 0;

  constructor(source: string, ignoresCase: boolean) {
    this.characters = Array.from(source);
    this.ignoresCase = ignoresCase;
  }

  parse(): Part {
    const part = this.choice();
    if (this.at < this.characters.length) throw new PatternFault('has a ) without its (');
    return part;
  }

  private get next(): string | undefined {
    return this.characters[this.at];
  }

  private isTaken(character: string): boolean {
    if (this.next !== character) return false;
    this.at += 1;
    return true;
  }

  private choice(): Part {
    let choice = this.row();
    while (this.isTaken('|')) choice = either(choice, this.row());
    return choice;
  }

  private row(): Part {
    const parts: Part[] = [];
    while (this.next !== undefined && this.next !== '|' && this.next !== ')') parts.push(this.repeated());
    return (steps) => {
      for (const part of parts) part(steps);
    };
  }

  private repeated(): Part {
    const part = this.single();
    const [least, most] = this.times();
    if (/[*+?{]/.test(this.next ?? '')) throw new PatternFault(`has ${this.next} behind what is repeated already`);
    return (steps) => {
      for (let time = 0, before = -1; time < least && before !== steps.length; time += 1) {
        before = steps.length;
        within(steps, part);
      }
      if (most === null) many(steps, part);
      else for (let time = least; time < most; time += 1) either(part, () => {})(steps);
    };
  }

  private times(): readonly [number, number | null] {
    if (this.isTaken('*')) return [0, null];
    if (this.isTaken('+')) return [1, null];
    if (this.isTaken('?')) return [0, 1];
    if (this.next !== '{') return [1, 1];
    const written = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(this.characters.slice(this.at, this.at + 12).join(''));
    if (written === null) throw new PatternFault('has a { that is no {n}, {n,} or {n,m}: write \\{');
    const [{ length }, from = '', comma, to] = written;
    this.at += length;
    const least = Number(from);
    const most = comma === undefined ? least : to === undefined ? null : Number(to);
    if (least > MOST_TIMES || (most ?? 0) > MOST_TIMES) throw new PatternFault(`repeats more than ${MOST_TIMES} times`);
    if (most !== null && most < least) throw new PatternFault(`has ${written[0]}, which is upside down`);
    return [least, most];
  }

  private single(): Part {
    const character = this.next ?? '';
    this.at += 1;
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return taking(this.oneOf());
      case '.':
        return taking((each) => each !== '\n');
      case '^':
        return (steps) => void steps.push({ do: 'be-at', place: 'begin' });
      case '$':
        return (steps) => void steps.push({ do: 'be-at', place: 'end' });
      case '\\':
        return taking(this.escaped());
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternFault(`has ${character} with nothing to repeat: write \\${character}`);
      default:
        return taking(this.same(character));
    }
  }

  private group(): Part {
    if (this.next === '?') {
      if (this.characters[this.at + 1] !== ':') throw new PatternFault('has (? other than (?: and a first (?i)');
      this.at += 2;
    }
    this.depth += 1;
    if (this.depth > MOST_DEPTH) throw new PatternFault(`has groups more than ${MOST_DEPTH} deep`);
    const group = this.choice();
    this.depth -= 1;
    if (!this.isTaken(')')) throw new PatternFault('has a ( without its )');
    return group;
  }

  private escaped(): Test {
    const character = this.next;
    this.at += 1;
    if (character === undefined) throw new PatternFault('ends with a single \\');
    const kind = KINDS[character];
    if (kind !== undefined) return kind;
    const control = CONTROLS[character];
    if (control === undefined && /[A-Za-z0-9]/.test(character))
      throw new PatternFault(`has \\${character}, which is not known`);
    return this.same(control ?? character);
  }

  private oneOf(): Test {
    const isNot = this.isTaken('^');
    const tests: Test[] = [];
    while (tests.length === 0 || !this.isTaken(']')) {
      const from = this.next;
      if (from === undefined) throw new PatternFault('has a [ without its ]');
      if (from === ']') throw new PatternFault('has [], in which nothing is');
      this.at += 1;
      const to = this.characters[this.at + 1];
      if (from === '\\') tests.push(this.escaped());
      else if (this.next === '-' && to !== undefined && to !== ']') {
        this.at += 2;
        if (to === '\\' || to < from) throw new PatternFault(`has the range ${from}-${to}, which is none`);
        tests.push(this.cased((character) => character >= from && character <= to));
      } else tests.push(this.same(from));
    }
    const isOne: Test = (character) => tests.some((test) => test(character));
    return isNot ? not(isOne) : isOne;
  }

  private same(wanted: string): Test {
    return this.cased((character) => character === wanted);
  }

  private cased(test: Test): Test {
    if (!this.ignoresCase) return test;
    return (character) => test(character) || test(character.toLowerCase()) || test(character.toUpperCase());
  }
}

function taking(test: Test): Part {
  return (steps) => {
    if (steps.length >= MOST_STEPS)
      throw new PatternFault(`is too long: at most ${MOST_STEPS} steps, repetitions written out`);
    steps.push({ do: 'take', test });
  };
}

function either(one: Part, other: Part): Part {
  return (steps) => {
    const split = { do: 'split' as const, one: steps.length + 1, other: 0 };
    steps.push(split);
    within(steps, one);
    const jump = { do: 'jump' as const, to: 0 };
    steps.push(jump);
    split.other = steps.length;
    within(steps, other);
    jump.to = steps.length;
  };
}

function many(steps: Step[], part: Part): void {
  const split = { do: 'split' as const, one: steps.length + 1, other: 0 };
  const from = steps.length;
  steps.push(split);
  within(steps, part);
  steps.push({ do: 'jump', to: from });
  split.other = steps.length;
}

/** Repetitions of repetitions of nothing are steps as well. */
function within(steps: Step[], part: Part): void {
  if (steps.length >= MOST_STEPS)
    throw new PatternFault(`is too long: at most ${MOST_STEPS} steps, repetitions written out`);
  part(steps);
}
