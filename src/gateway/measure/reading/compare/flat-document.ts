import { PathNode } from '../shape/path-node.ts';
import { writtenNumber } from './exact-json.ts';

/** What lies deeper is compared as a whole. */
const DEEPEST = 20;
/** Of a document; with more it is not compared. */
export const MOST_VALUES = 50_000;
const MOST_PATHS = 2_000;
/** An object of more keys is a table, and its keys are data. */
const MOST_KEYS = 50;

/** By path, the values of a document in their order, each as text that begins with its type. */
export type FlatDocument = ReadonlyMap<string, readonly string[]>;

/** Null for a document that has too much in it. */
export function flatDocument(document: unknown): FlatDocument | null {
  const flattening = new Flattening();
  flattening.read(document, new PathNode('', ''), 0);
  return flattening.isFull ? null : flattening.values;
}

class Flattening {
  readonly values = new Map<string, string[]>();
  isFull = false;
  private count = 0;

  read(value: unknown, node: PathNode, depth: number): void {
    if (this.isFull) return;
    if (typeof value !== 'object' || value === null) this.add(node, scalarText(value));
    else if (depth >= DEEPEST) this.readWhole(value, node);
    else if (Array.isArray(value)) this.readList(value, node, depth);
    else this.readObject(value as Readonly<Record<string, unknown>>, node, depth);
  }

  private readWhole(value: object, node: PathNode): void {
    try {
      this.add(node, `d${JSON.stringify(value)}`);
    } catch {
      // So deep that there is no room on the stack for it.
      this.isFull = true;
    }
  }

  private readList(items: readonly unknown[], node: PathNode, depth: number): void {
    this.add(node, `l${items.length}`);
    for (const item of items) this.read(item, node.item, depth + 1);
  }

  /** Of keys that are data, what they are is a value. */
  private readObject(fields: Readonly<Record<string, unknown>>, node: PathNode, depth: number): void {
    const keys = Object.keys(fields);
    const isTable = keys.length > MOST_KEYS;
    const data: string[] = [];
    const children: [PathNode, string][] = [];
    for (const key of keys) {
      const child = isTable ? node.entry : (node.find(key) ?? node.add(key));
      if (child === null) this.isFull = true;
      else if (child === node.entry) data.push(key);
      else children.push([child, key]);
    }
    data.sort();
    this.add(node, data.length === 0 ? 'o' : `o${JSON.stringify(data)}`);
    for (const [child, key] of children) this.read(fields[key], child, depth + 1);
    for (const key of data) this.read(fields[key], node.entry, depth + 1);
  }

  private add({ path }: PathNode, text: string): void {
    this.count++;
    const known = this.values.get(path);
    if (known !== undefined) known.push(text);
    else this.values.set(path, [text]);
    if (this.count > MOST_VALUES || this.values.size > MOST_PATHS) this.isFull = true;
  }
}

function scalarText(value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const number = writtenNumber(value);
      return number === null ? `s${value}` : `n${number}`;
    }
    case 'boolean':
      return `b${value}`;
    case 'number':
      return `n${value}`;
    default:
      return 'z';
  }
}
