import { literalPattern } from '../matchers.ts';
import { type Filled, PLACEHOLDER, patternFor, type Words, whyUnlabelled, wordFor } from '../queries/words.ts';
import { matchersInPromql } from './selector.ts';

/** A quoted string, with the pattern operator before it; a comment; a placeholder; any other character. */
const TOKEN = /([=!]~\s*)?("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`[^`]*`?)|#[^\n]*|\{\{\s*[\w.]+\s*\}\}|./gs;

const PART_OF_A_NAME = /^[A-Za-z0-9_:]+$/;

/**
 * A PromQL query about one version. In a string, a word keeps its meaning whatever characters it contains: it is escaped
 * for the quotes around it, and taken literally after `=~` and `!~`, where a label that `metrics` matches by a pattern is that pattern. Anywhere else it must be part of a name; `{{labels}}` is
 * the matchers of the version's series, between the braces of a selector.
 * Source: https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals
 */
export function fillPromql(query: string, words: Words): Filled {
  const unlabelled = whyUnlabelled(query, words);
  if (unlabelled !== null) return { ok: false, reason: unlabelled };
  const refusals: string[] = [];
  const refuse = (reason: string) => {
    refusals.push(reason);
    return '';
  };

  const bare = (text: string) =>
    text.replaceAll(PLACEHOLDER, (_, name: string) => {
      if (name === 'labels') return matchersInPromql(words.labels ?? []);
      if (patternFor(name, words) !== null) return refuse(misplacedPattern(name));
      const word = wordFor(name, words);
      return PART_OF_A_NAME.test(word) ? word : refuse(`outside of quotes {{${name}}} must be part of a name`);
    });
  const quoted = (text: string, as: 'text' | 'pattern') =>
    text.replaceAll(PLACEHOLDER, (_, name: string) => {
      if (name === 'labels') return refuse('{{labels}} stands for whole matchers, and not in quotes');
      const pattern = patternFor(name, words);
      if (pattern !== null && as === 'text') return refuse(misplacedPattern(name));
      const word = pattern ?? (as === 'pattern' ? literalPattern(wordFor(name, words)) : wordFor(name, words));
      if (!text.startsWith('`')) return escaped(word);
      // A raw string has no escapes.
      return word.includes('`') ? refuse(`{{${name}}} cannot stand in back quotes when it has one`) : word;
    });

  const text = query.replaceAll(TOKEN, (token, operator: string | undefined, string: string | undefined) => {
    if (string !== undefined) return `${operator ?? ''}${quoted(string, operator === undefined ? 'text' : 'pattern')}`;
    return token.startsWith('#') ? token : bare(token);
  });
  const [reason] = refusals;
  return reason === undefined ? { ok: true, text } : { ok: false, reason };
}

function misplacedPattern(name: string): string {
  return `{{${name}}} is a pattern, and goes into quotes after =~ or !~`;
}

/** Both quotes by code point: a single-quoted string does not support `\"`, nor a double-quoted one `\'`. */
function escaped(word: string): string {
  return word.replaceAll(/[\\"'\p{Cc}]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
