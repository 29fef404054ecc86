import { glued } from './figures.ts';

/**
 * A text that a stranger may have chosen, with every character that would only control how it is shown (ANSI, marks that turn the direction of
 * what follows) made visible. Line breaks stay.
 */
export function legible(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\p{Cf}\u2028\u2029]/gu, '\ufffd');
}

/** A sentence of the server for display: unchanged but for no-break spaces before units, and legible. */
export function said(sentence: string): string {
  return glued(legible(sentence));
}

/** The same with a capital and a full stop, where clauses follow each other. */
export function asSentence(clause: string): string {
  const text = said(clause.trim());
  return text === '' ? '' : `${capitalised(text)}${/[.!?…]$/.test(text) ? '' : '.'}`;
}

/** `At parity`, to begin a sentence with. */
export function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `1 request`, `1,204 requests`; the noun takes an s. */
export function amountOf(count: number, noun: string): string {
  return `${Math.round(count).toLocaleString('en-US')} ${noun}${Math.round(count) === 1 ? '' : 's'}`;
}
