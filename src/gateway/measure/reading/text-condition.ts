import type { Condition } from '../../../split/answer-reads.ts';
import { Pattern } from '../../../split/pattern.ts';

/** What is asked of texts alone. */
export type TextCondition = Extract<Condition, 'invalid-json' | { readonly matches: string }>;

/** More than the policies in force have; beyond it all are compiled anew. */
const MOST_KNOWN = 500;
const known = new Map<string, Pattern>();

export function isOfText(condition: Condition): condition is TextCondition {
  return condition === 'invalid-json' || (typeof condition === 'object' && 'matches' in condition);
}

export function isMetByText(condition: TextCondition, text: string): boolean {
  return condition === 'invalid-json' ? !isJson(text) : patternOf(condition.matches).isIn(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function patternOf(source: string): Pattern {
  const before = known.get(source);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const pattern = new Pattern(source);
  known.set(source, pattern);
  return pattern;
}
