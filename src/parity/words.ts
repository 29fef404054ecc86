const LONGEST = 40;

/** A word that an upstream said, for a sentence: printable, and cut where it is long. */
export function clip(word: string): string {
  const plain = word.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}...` : plain;
}
