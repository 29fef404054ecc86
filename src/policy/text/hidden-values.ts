import { isMap, isScalar, isSeq, type ParsedNode } from 'yaml';

/** Offsets of a text, UTF-16 units from its start: from the first one on, and before the second. */
export type TextRange = readonly [from: number, to: number];

const NAMES = 'auth|ca|cert|key|bearer|[\\w-]*(?:passw(?:or)?d|secret|token|credentials?|routing[_-]?key|api[_-]?key)';
const SECRET_KEY = new RegExp(`^(?:${NAMES})$`, 'i');
/** What stands behind such a key on its line. */
const SECRET_LINE = new RegExp(`(?<=(?:^|[\\s,{"'])(?:${NAMES})["']?[ \\t]*:[ \\t]*)[^\\s#].*`, 'gim');
/** A default would be the secret itself. */
const REFERENCE = /^(?:\$\{[A-Z_][A-Z0-9_]*\}|file:.*)$/;

/** Where a secret stands as text that should be a reference: nobody who reads of a fault, in a log for example, is to read it. */
export function secretRanges(root: ParsedNode | null, text: string): readonly TextRange[] {
  const ranges: TextRange[] = [];
  const visit = (node: ParsedNode | null, isSecret: boolean, from: number): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const isNamed = isScalar(key) && SECRET_KEY.test(String(key.value));
        // A tag or an anchor is written in front of the value.
        const colon = text.indexOf(':', key.range[1]);
        visit(value, isSecret || isNamed, colon < 0 ? key.range[1] : colon + 1);
      }
    } else if (isSeq(node)) {
      for (const item of node.items) visit(item, isSecret, item.range[0]);
    } else if (node !== null && isSecret && !(isScalar(node) && REFERENCE.test(String(node.value)))) {
      ranges.push([Math.min(from, node.range[0]), node.range[1]]);
    }
  };
  visit(root, false, root?.range[0] ?? 0);
  return ranges;
}

/** The same of a text that cannot be parsed: up to the end of the line, because nobody knows where the value ends. */
export function likelySecretRanges(text: string): readonly TextRange[] {
  return [...text.matchAll(SECRET_LINE)].map(({ index, 0: { length } }) => [index, index + length]);
}
