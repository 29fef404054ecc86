import type { FactText } from '../../../../stats/answers/shape-fact.ts';
import { PathNode } from './path-node.ts';
import { type ShowPart, shownIn } from './shown-value.ts';
import { formatTrait, isShortWord } from './text-traits.ts';

/** What lies deeper in a document is not read, in any: none of it is ever missed. */
const DEEPEST = 20;
/** An object of more keys is a table, and its keys are data. */
const MOST_KEYS = 50;
/**
 * An answer with more is not read at all: of one that was read in part, what is behind the part would seem to be gone.
 */
export const MOST_IN_AN_ANSWER = 500;
/** Paths that are held ready; beyond it all are forgotten. */
const MOST_NODES = 20_000;
/** V8 folds in no exported constants. */
const MOST = MOST_IN_AN_ANSWER;
const HIGHEST_DECADE = 20;

/** Traits that need no more than their name, by their number in a node. */
const PLAIN = [
  'present',
  'absent',
  'null',
  'boolean',
  'integer',
  'number',
  'string',
  'object',
  'array',
  'empty',
  'value:true',
  'value:false',
] as const;
const PRESENT = 0;
const ABSENT = 1;
const NULL = 2;
const BOOLEAN = 3;
const INTEGER = 4;
const NUMBER = 5;
const STRING = 6;
const OBJECT = 7;
const ARRAY = 8;
const EMPTY = 9;
const TRUE = 10;
const FALSE = 11;
const DECADES = Array.from({ length: 2 * HIGHEST_DECADE + 1 }, (_, at) => `decade:${at - HIGHEST_DECADE}`);

/** What was found in one document. */
export interface Mined {
  /** Each once. */
  readonly facts: readonly FactText[];
  /** Of a document that was read in the thread only what was new. */
  readonly show: ShowPart;
}

/**
 * Finds the facts of documents, one after the other. What it finds depends on the document alone; what it remembers are the texts of
 * facts, so that each is made once.
 */
export class ShapeMiner {
  private root = new PathNode('', '');
  private nodes = 0;
  /** The document at hand. */
  private answer = 0;
  private found: FactText[] = [];
  private several: PathNode[] = [];
  private isFull = false;

  /** Null where it has too many facts. */
  mine(document: unknown): Mined | null {
    if (this.nodes > MOST_NODES) {
      this.root = new PathNode('', '');
      this.nodes = 0;
    }
    this.answer += 1;
    this.found = [];
    this.several = [];
    this.isFull = false;
    this.read(document, this.root, 0);
    for (const node of this.several) this.readAbsent(node);
    return this.isFull ? null : { facts: this.found, show: shownIn(document) };
  }

  private read(value: unknown, node: PathNode, depth: number): void {
    if (this.isFull) return;
    this.tell(node, PRESENT);
    switch (typeof value) {
      case 'string':
        this.tell(node, STRING);
        this.readText(value, node);
        return;
      case 'number':
        this.tell(node, Number.isInteger(value) ? INTEGER : NUMBER);
        this.mark(node.fact(decadeOf(value)));
        return;
      case 'boolean':
        this.tell(node, BOOLEAN);
        this.tell(node, value ? TRUE : FALSE);
        return;
      default:
        if (Array.isArray(value)) this.readList(value, node, depth);
        else if (typeof value === 'object' && value !== null) {
          this.readObject(value as Readonly<Record<string, unknown>>, node, depth);
        } else this.tell(node, NULL);
    }
  }

  private readText(text: string, node: PathNode): void {
    const word = node.findWord(text);
    if (word !== null) this.mark(word);
    else {
      const format = formatTrait(text);
      if (format !== null) this.mark(node.fact(format));
      else if (node.tellsWords && isShortWord(text)) this.mark(node.addWord(text));
    }
  }

  private readList(items: readonly unknown[], node: PathNode, depth: number): void {
    this.tell(node, ARRAY);
    if (items.length === 0) this.tell(node, EMPTY);
    else if (depth < DEEPEST) for (const item of items) this.read(item, node.item, depth + 1);
  }

  private readObject(fields: Readonly<Record<string, unknown>>, node: PathNode, depth: number): void {
    this.tell(node, OBJECT);
    this.begin(node);
    node.objects += 1;
    if (node.objects === 2) this.several.push(node);
    const keys = Object.keys(fields);
    if (depth >= DEEPEST) return;
    const isTable = keys.length > MOST_KEYS;
    for (const key of keys) {
      if (this.isFull) return;
      const child = isTable ? node.entry : (node.find(key) ?? this.add(node, key));
      if (child === null) continue;
      this.begin(child);
      child.seen += 1;
      this.read(fields[key], child, depth + 1);
    }
  }

  /** Of what several objects of an answer have in common, each field that some of them lack. */
  private readAbsent(node: PathNode): void {
    for (const child of node.named) {
      if (child.answer === this.answer && child.seen > 0 && child.seen < node.objects) this.tell(child, ABSENT);
    }
  }

  private add(node: PathNode, key: string): PathNode | null {
    const child = node.add(key);
    if (child !== node.entry) this.nodes += 1;
    return child;
  }

  private begin(node: PathNode): void {
    if (node.answer === this.answer) return;
    node.answer = this.answer;
    node.objects = 0;
    node.seen = 0;
  }

  private tell(node: PathNode, trait: number): void {
    let fact = node.plain[trait];
    if (fact === undefined || fact === null) {
      fact = { text: `${PLAIN[trait]} ${node.path}`, answer: 0 };
      node.plain[trait] = fact;
    }
    this.mark(fact);
  }

  private mark(fact: { readonly text: FactText; answer: number }): void {
    if (fact.answer === this.answer) return;
    fact.answer = this.answer;
    if (this.found.length >= MOST) this.isFull = true;
    else this.found.push(fact.text);
  }
}

function decadeOf(number: number): string {
  const size = Math.abs(number);
  let decade = 0;
  for (let limit = 10; size >= limit && decade < HIGHEST_DECADE; limit *= 10) decade += 1;
  return DECADES[HIGHEST_DECADE + (number < 0 ? -decade : decade)] ?? 'decade:0';
}
