import { WILDCARD } from './mask.ts';

/** This many texts that differ in the same few words are one template. */
const ALIKE = 12;
/** This many that begin alike are one as well, however few words they share: what follows is somebody's text. */
const BEGIN_ALIKE = 40;
const BEGINNING = 2;
/** A place with this many different words among them varies. */
const VARIETY = 4;
/** Only the newest are compared with. */
const MOST_COMPARED = 64;

/** A template that was merged: its words, with `<*>` where texts differed. */
export interface Merged {
  readonly words: readonly string[];
  readonly template: string;
}

/** Whether a text is one of a template's. */
export function isOf(words: readonly string[], { words: own }: Merged): boolean {
  return own.every((word, at) => word === WILDCARD || word === words[at]);
}

/**
 * The template that a text and those like it have in common once there are enough of them; null before. A word is only taken for one
 * that varies where it was seen to: two errors of which each names another service stay two.
 */
export function merged(words: readonly string[], others: readonly (readonly string[])[]): readonly string[] | null {
  const compared = others.slice(-MOST_COMPARED);
  const common = commonIn(
    words,
    compared.filter((other) => likeness(words, other) >= words.length / 2),
    ALIKE,
  );
  if (common !== null || words.length <= BEGINNING) return common;
  const begin = (other: readonly string[]) => words.slice(0, BEGINNING).every((word, at) => word === other[at]);
  return commonIn(words, compared.filter(begin), BEGIN_ALIKE);
}

function commonIn(
  words: readonly string[],
  alike: readonly (readonly string[])[],
  least: number,
): readonly string[] | null {
  if (alike.length + 1 < least) return null;
  const common = words.map((word, at) => {
    const here = new Set(alike.map((other) => other[at]));
    here.add(word);
    return here.size >= VARIETY ? WILDCARD : word;
  });
  return common.some((word, at) => word !== words[at]) ? common : null;
}

/** Texts of a leaf have as many words. */
function likeness(words: readonly string[], other: readonly string[]): number {
  let same = 0;
  for (const [at, word] of words.entries()) if (word === other[at]) same++;
  return same;
}
