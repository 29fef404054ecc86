import { coversPath } from '../../../../parity/differences/covers-path.ts';
import { exampleOfText, exampleOfValue } from '../../../../redact/example.ts';
import { namesOfVersion, OWN_VERSION } from '../shape/own-version.ts';
import { closeTimes } from './close-times.ts';
import { exactDocument } from './exact-json.ts';
import { type FieldChange, flatDifferences } from './flat-differences.ts';
import { type FlatDocument, flatDocument, MOST_VALUES } from './flat-document.ts';

/** Fields of one request that are told. */
const MOST_TOLD = 200;
/** What stands for the document itself, whose path is empty. */
const BODY = 'body';
const UNMODIFIED = 304;

/** An answer that came whole: plain data, as it goes to another thread. */
export interface ComparableAnswer<Body> {
  /** The name of the version that answered. */
  readonly version: string;
  readonly status: number;
  /** When its head came, in ms of a clock that all three have in common. */
  readonly at: number;
  /** Type without parameters, in lower case; empty for none. */
  readonly type: string;
  /** Of the fields of the head that are compared, what is compared of each. */
  readonly fields: Readonly<Record<string, string>>;
  /** Null where it is no JSON; `unread` where it is one that was too long, or that there was no room for. */
  readonly body: Body | 'unread' | null;
}

/** The answers to one request. */
export interface AnsweredTwice<Body> {
  readonly stable: ComparableAnswer<Body>;
  readonly canary: ComparableAnswer<Body>;
  /** The stable's, once more. */
  readonly again: ComparableAnswer<Body>;
}

/** A field in which two of the answers differ. */
export interface ComparedField {
  readonly path: string;
  /** How the canary's is another than the stable's; null where it is the same. */
  readonly canary: FieldChange | null;
  /** Whether the stable's second is another than its first. */
  readonly isNoise: boolean;
  /** Redacted; null where one of them has none, or time and chance may have made it. */
  readonly examples: { readonly stable: string; readonly canary: string } | null;
}

/** What an answer is compared by. */
interface Parts {
  readonly at: number;
  readonly head: FlatDocument;
  /** Null where the stable's is no JSON. */
  readonly body: FlatDocument | null;
}

/**
 * Null where they cannot be compared. Takes its time where bodies are long or compressed.
 *
 * @param textOf throws for a body that is no text
 */
export function comparedFieldsOf<Body>(
  { stable, canary, again }: AnsweredTwice<Body>,
  ignore: readonly string[],
  textOf: (body: Body) => string,
): readonly ComparedField[] | null {
  if ([stable, canary, again].some(({ status, body }) => status === UNMODIFIED || body === 'unread')) return null;
  const first = partsOf(stable, textOf);
  const ofCanary = partsOf(canary, textOf);
  const second = partsOf(again, textOf);
  if (first === null || ofCanary === null || second === null) return null;
  // One that says that it is JSON and is none is nothing to compare with.
  if (stable.body !== null && first.body === null) return null;
  const changes = changesOf(ofCanary, first);
  const noise = changesOf(second, first);
  const told: ComparedField[] = [];
  for (const path of new Set([...changes.keys(), ...noise.keys()])) {
    if (told.length >= MOST_TOLD || ignore.some((ignored) => coversPath(ignored, path))) continue;
    const change = changes.get(path) ?? null;
    const isNoise = noise.has(path);
    const examples = change === null || isNoise ? null : examplesOf(path, first, ofCanary);
    told.push({ path, canary: change, isNoise, examples });
  }
  return told;
}

/** Null for a body with too much in it. */
function partsOf<Body>(
  { version, status, at, type, fields, body }: ComparableAnswer<Body>,
  textOf: (body: Body) => string,
): Parts | null {
  const head = new Map([
    ['status', [`n${status}`]],
    ['type', [`s${type}`]],
    ...Object.entries(fields).map(([name, value]): [string, string[]] => [`header ${name}`, [`s${value}`]]),
  ]);
  if (body === null || body === 'unread') return { at, head, body: null };
  const read = documentOf(() => textOf(body));
  if (read === 'broken') return { at, head, body: null };
  const flat = read === null ? null : flatDocument(read.document);
  return flat === null ? null : { at, head, body: withoutOwnName(flat, version) };
}

/** What a version calls itself is the same for every version. */
function withoutOwnName(flat: FlatDocument, version: string): FlatDocument {
  const own = new Set(namesOfVersion(version).map((name) => `s${name}`));
  const isOwn = (text: string) => own.has(text);
  if (![...flat.values()].some((texts) => texts.some(isOwn))) return flat;
  const without = (texts: readonly string[]) => texts.map((text) => (isOwn(text) ? `s${OWN_VERSION}` : text));
  return new Map(Array.from(flat, ([path, texts]) => [path, without(texts)]));
}

/** What is another one where the whole answer is another, is not told. */
function changesOf(of: Parts, from: Parts): ReadonlyMap<string, FieldChange> {
  const head = flatDifferences(of.head, from.head);
  for (const whole of ['status', 'type']) if (head.has(whole)) return new Map([[whole, 'value']]);
  if (from.body === null) return head;
  if (of.body === null) return new Map([...head, [BODY, 'retyped']]);
  const body = flatDifferences(of.body, from.body, closeTimes(Math.abs(of.at - from.at), Date.now()));
  return new Map([...head, ...Array.from(body, ([path, change]) => [path === '' ? BODY : path, change] as const)]);
}

function examplesOf(path: string, stable: Parts, canary: Parts): ComparedField['examples'] {
  const [ours, theirs] = [canary, stable].map(({ head, body }) => exampleAt(path, head, body));
  return ours && theirs ? { canary: ours, stable: theirs } : null;
}

function exampleAt(path: string, head: FlatDocument, body: FlatDocument | null): string {
  const ofHead = head.get(path)?.[0];
  if (ofHead !== undefined) return exampleOfText(ofHead.slice(1));
  const texts = body?.get(path === BODY ? '' : path);
  if (texts === undefined) return 'nothing';
  const [text = ''] = texts;
  const value = text.slice(1);
  switch (text[0]) {
    case 's':
      return exampleOfValue(path, value);
    case 'n':
      return exampleOfValue(path, Number(value));
    case 'b':
      return exampleOfValue(path, value === 'true');
    case 'z':
      return 'null';
    case 'l':
      return `a list of ${value}`;
    default:
      return 'an object';
  }
}

/** Null for one with too much in it. */
function documentOf(read: () => string): ReturnType<typeof exactDocument> {
  let text: string;
  try {
    text = read();
  } catch {
    return 'broken';
  }
  return exactDocument(text, MOST_VALUES);
}
