/**
 * One thing that can be said of an answer: that something is there, and what it is. As text it is the trait, a space and the
 * path: `string /customer/name`. Paths are JSON pointers (RFC 6901) in which `*` is any item of a list and `{}` any key of an
 * object whose keys are data; a key `*` or `{}` of its own is written `~2` or `~3`.
 *
 * Of the document: `present`, and `absent` where an item lacks what its neighbours have, then one of `null`, `boolean`, `integer`,
 * `number`, `string`, `object` and `array`; `empty` of a list; `format:date-time` and the like of a text; `value:PAID` of a short
 * word, and of true and false; `decade:3` of a number from 1,000 up to 10,000, `decade:-3` of one below -1,000, `decade:0` nearer to 0.
 *
 * An answer that says that it is JSON, and is none, has the facts of its head only: not even `present` of the document itself.
 *
 * Of the head, with the name in place of a path: `type application/json` and `header x-total`.
 */
export type FactText = string;

export interface Fact {
  readonly trait: string;
  /** A path, or of the head a name. */
  readonly path: string;
}

export function factText({ trait, path }: Fact): FactText {
  return `${trait} ${path}`;
}

/** Null for a text that is no fact. */
export function readFact(text: FactText): Fact | null {
  const at = text.indexOf(' ');
  return at <= 0 ? null : { trait: text.slice(0, at), path: text.slice(at + 1) };
}

/** The path of what contains it; null for the document itself. */
export function parentPath(path: string): string | null {
  const at = path.lastIndexOf('/');
  return at < 0 ? null : path.slice(0, at);
}
