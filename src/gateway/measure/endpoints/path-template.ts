const SLASH = 0x2f;
const PRIME = 0x01000193;
/** Hashed in place of a segment that is an identifier; beyond every character. */
const IDENTIFIER = 0x1_0000;
const REST = 0x1_0001;

/** Segments beyond this depth are merged, because clients choose how deep a path is. */
const DEEPEST = 8;
const LONGEST_WORD = 40;
const LONGEST_SOLID_WORD = 23;
const LONGEST_WITH_DIGIT = 15;
const SHORTEST_HEX = 8;
const MANY_DIGITS = 4;

/**
 * Whether a segment identifies one thing of many rather than being part of the API: numbers, dates, UUIDs, longer hex and
 * base64, long opaque words, and anything that is percent-encoded or has a character other than letters,
 * digits, `-`, `_`, `.` and `~`. So what is not taken for an identifier is short and plain, and may be shown to people.
 */
function isIdentifier(path: string, from: number, to: number): boolean {
  const length = to - from;
  if (length > LONGEST_WORD) return true;
  let digits = 0;
  let marks = 0;
  let beyondHex = 0;
  for (let at = from; at < to; at++) {
    const code = path.charCodeAt(at);
    const lower = code | 0x20;
    if (code >= 0x30 && code <= 0x39) digits++;
    else if (lower >= 0x67 && lower <= 0x7a) beyondHex++;
    else if (lower >= 0x61 && lower <= 0x66) continue;
    else if (code === 0x2d || code === 0x5f || code === 0x2e || code === 0x7e) marks++;
    else return true;
  }
  if (digits === 0) return marks === 0 && length > LONGEST_SOLID_WORD;
  if (digits + marks === length || digits >= MANY_DIGITS) return true;
  return length > LONGEST_WITH_DIGIT || (beyondHex === 0 && length >= SHORTEST_HEX);
}

function absorb(hash: number, path: string, from: number, to: number): number {
  let mixed = hash;
  for (let at = from; at < to; at++) mixed = Math.imul(mixed ^ path.charCodeAt(at), PRIME);
  return Math.imul(mixed ^ SLASH, PRIME);
}

function endOf(path: string, from: number): number {
  const slash = path.indexOf('/', from);
  return slash === -1 ? path.length : slash;
}

/**
 * A 32-bit hash of a path's guessed template, in one walk that allocates nothing. Empty segments do
 * not count. Without the seed, a client cannot make two templates collide.
 */
export function hashTemplate(path: string, seed: number): number {
  let hash = seed;
  let depth = 0;
  for (let from = 1; from < path.length; ) {
    const to = endOf(path, from);
    if (to > from) {
      if (depth === DEEPEST) return Math.imul(hash ^ REST, PRIME);
      depth++;
      hash = isIdentifier(path, from, to) ? Math.imul(hash ^ IDENTIFIER, PRIME) : absorb(hash, path, from, to);
    }
    from = to + 1;
  }
  return hash;
}

/** The template itself: `/orders/7f3a9c0e/items` -> `/orders/{id}/items`. At most about 400 characters. */
export function guessTemplate(path: string): string {
  const segments: string[] = [];
  for (let from = 1; from < path.length; ) {
    const to = endOf(path, from);
    if (to > from) {
      if (segments.length === DEEPEST) return `/${[...segments, '*'].join('/')}`;
      segments.push(isIdentifier(path, from, to) ? '{id}' : path.slice(from, to));
    }
    from = to + 1;
  }
  return `/${segments.join('/')}`;
}

interface Branch {
  readonly words: Map<number, Branch>;
  anything: Branch | null;
  template: GivenTemplate | null;
}

export interface GivenTemplate {
  readonly template: string;
  readonly hash: number;
}

const newBranch = (): Branch => ({ words: new Map(), anything: null, template: null });

function anythingOf(branch: Branch): Branch {
  branch.anything ??= newBranch();
  return branch.anything;
}

/** The templates that `serin.yaml` gives; if two match, the one whose earlier segments are more specific wins. */
export class GivenTemplates {
  private readonly seed: number;
  private readonly root = newBranch();

  constructor(templates: readonly string[], seed: number) {
    this.seed = seed;
    for (const template of templates) {
      let branch = this.root;
      for (const segment of template.split('/').filter((part) => part !== '')) {
        branch = /^\{[^{}]*\}$/.test(segment) ? anythingOf(branch) : this.wordOf(branch, segment);
      }
      branch.template ??= { template, hash: absorb(seed ^ IDENTIFIER, template, 0, template.length) };
    }
  }

  find(path: string): GivenTemplate | null {
    return this.walk(this.root, path, 1);
  }

  private walk(branch: Branch, path: string, start: number): GivenTemplate | null {
    let from = start;
    while (path.charCodeAt(from) === SLASH) from++;
    if (from >= path.length) return branch.template;
    const to = endOf(path, from);
    const word = branch.words.get(absorb(this.seed, path, from, to));
    const found = word ? this.walk(word, path, to + 1) : null;
    return found ?? (branch.anything ? this.walk(branch.anything, path, to + 1) : null);
  }

  private wordOf(branch: Branch, segment: string): Branch {
    const key = absorb(this.seed, segment, 0, segment.length);
    let word = branch.words.get(key);
    if (!word) {
      word = newBranch();
      branch.words.set(key, word);
    }
    return word;
  }
}
