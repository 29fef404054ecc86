import { isSecretName } from '../../../../redact/secret-name.ts';
import type { FactText } from '../../../../stats/answers/shape-fact.ts';
import { isDataKey } from './data-key.ts';

/** Longer paths are not read. */
const LONGEST_PATH = 300;
/** Traits with something in them, such as words, that a node holds ready; beyond it they are made anew. */
const MOST_HELD = 100;

/** Traits that need no more than their name. */
const PLAIN_TRAITS = 12;

/** A fact as text, made once, and the answer of which it was last told. */
export interface HeldFact {
  readonly text: FactText;
  answer: number;
}

/** A path in the documents that were read, with its facts as texts. */
export class PathNode {
  readonly path: string;
  /** Whether its words are told: not where they may be secrets. */
  readonly tellsWords: boolean;
  /** Of traits that need no more than their name, by their number. */
  readonly plain: (HeldFact | null)[] = Array.from({ length: PLAIN_TRAITS }, () => null);
  private readonly words = new Map<string, HeldFact>();
  private readonly others = new Map<string, HeldFact>();
  private readonly children = new Map<string, PathNode>();
  private anyItem: PathNode | null = null;
  private anyKey: PathNode | null = null;
  /** The answer that the two counts are of. */
  answer = 0;
  /** How often it was an object. */
  objects = 0;
  /** In how many objects it was. */
  seen = 0;

  constructor(path: string, key: string) {
    this.path = path;
    this.tellsWords = !isSecretName(key);
  }

  /** What any item of a list is. */
  get item(): PathNode {
    this.anyItem ??= new PathNode(`${this.path}/*`, '');
    return this.anyItem;
  }

  /** What any key is that is data. */
  get entry(): PathNode {
    this.anyKey ??= new PathNode(`${this.path}/{}`, '');
    return this.anyKey;
  }

  get named(): Iterable<PathNode> {
    return this.children.values();
  }

  /** Null for one that is not known yet. */
  find(key: string): PathNode | null {
    return this.children.get(key) ?? null;
  }

  /** What a key is that is not known yet; null where its path would be too long. */
  add(key: string): PathNode | null {
    if (isDataKey(key)) return this.entry;
    const path = `${this.path}/${escaped(key)}`;
    if (path.length > LONGEST_PATH) return null;
    const child = new PathNode(path, key);
    this.children.set(key, child);
    return child;
  }

  /** The fact of a word; null for one that is not known yet. */
  findWord(text: string): HeldFact | null {
    return this.words.get(text) ?? null;
  }

  addWord(text: string): HeldFact {
    if (this.words.size >= MOST_HELD) this.words.clear();
    const made = { text: `value:${text} ${this.path}`, answer: 0 };
    this.words.set(text, made);
    return made;
  }

  fact(trait: string): HeldFact {
    const held = this.others.get(trait);
    if (held !== undefined) return held;
    if (this.others.size >= MOST_HELD) this.others.clear();
    const made = { text: `${trait} ${this.path}`, answer: 0 };
    this.others.set(trait, made);
    return made;
  }
}

/** See `FactText`. */
function escaped(key: string): string {
  if (key === '*') return '~2';
  if (key === '{}') return '~3';
  return key.includes('~') ? key.replaceAll('~', '~0') : key;
}
