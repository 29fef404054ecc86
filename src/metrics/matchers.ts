/** How a label is matched, as PromQL writes it. */
export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** What a label of the series has to be: its value, or operators with what each of them takes. */
export type LabelMatch = string | { readonly [operator in MatchOperator]?: string | undefined };

export type LabelMatches = Readonly<Record<string, LabelMatch>>;

/** One condition on the labels of a series. A label may have several. */
export interface Matcher {
  readonly label: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

const OPERATORS = ['=', '!=', '=~', '!~'] as const;

/** What `{{version}}` in a value or a pattern stands for: the name itself, whatever characters it has. */
export const VERSION_WORD = '{{version}}';

/** The matchers of a version, in the order of the labels. */
export function matchersFor(matches: LabelMatches, version: string): readonly Matcher[] {
  return Object.entries(matches).flatMap(([label, match]): readonly Matcher[] => {
    if (typeof match === 'string') return [{ label, operator: '=', value: named(match, version) }];
    return OPERATORS.flatMap((operator) => {
      const value = match[operator];
      if (value === undefined) return [];
      // A group, so that neither what precedes nor what follows can change what the name means.
      const word = isPattern(operator) ? `(?:${literalPattern(version)})` : version;
      return [{ label, operator, value: named(value, word) }];
    });
  });
}

function isPattern(operator: MatchOperator): boolean {
  return operator === '=~' || operator === '!~';
}

/** A pattern that matches the word alone: the characters that RE2 treats as special are escaped (its QuoteMeta). */
export function literalPattern(word: string): string {
  return word.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

function named(text: string, word: string): string {
  // A function: `$&` in a name is no reference.
  return text.replaceAll(VERSION_WORD, () => word);
}
