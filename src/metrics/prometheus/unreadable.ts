/** What is wrong with an answer, in one clause without a subject. Thrown within this folder only. */
export class Unreadable extends Error {}

/** Any part of an answer, shortened for a sentence. */
export function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 200);
}
