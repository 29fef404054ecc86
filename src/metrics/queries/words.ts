import type { Track } from '../../split/order.ts';
import type { Matcher } from '../matchers.ts';

/** What the placeholders of a query stand for. */
export interface Words {
  readonly version: string;
  readonly track: Track;
  readonly route: string;
  /** What the version's series have, by the route's `metrics`; omitted where it has none. */
  readonly labels?: readonly Matcher[];
}

/** What the series of a version have; null where the route has no `metrics`. */
export type LabelsOf = (route: string, track: Track, version: string) => readonly Matcher[] | null;

export function wordsOf(labelsOf: LabelsOf, words: Omit<Words, 'labels'>): Words {
  const labels = labelsOf(words.route, words.track, words.version);
  return labels === null ? words : { ...words, labels };
}

/** A text with its placeholders filled in, or why that is impossible. */
export type Filled = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

/** `{{labels}}` is for query languages that have matchers; the others are words. */
export const PLACEHOLDER = /\{\{\s*(version|track|route|labels|label\.[A-Za-z_]\w*)\s*\}\}/g;

const ONE_LABEL = 'label.';

/** Whether a query can tell the two versions apart. */
export function namesVersion(query: string): boolean {
  return [...query.matchAll(PLACEHOLDER)].some(([, name]) => name !== 'route');
}

/** Why a query asks for a label that `metrics` of the route gives no one value or pattern; null when it does not. */
export function whyUnlabelled(query: string, { route, labels }: Words): string | null {
  for (const [, name = ''] of query.matchAll(PLACEHOLDER)) {
    if (name !== 'labels' && !name.startsWith(ONE_LABEL)) continue;
    if (labels === undefined) return `{{${name}}} takes metrics of the route ${route} in serin.yaml, which has none`;
    if (name === 'labels') continue;
    const label = name.slice(ONE_LABEL.length);
    const own = labels.filter((matcher) => matcher.label === label);
    const operators = own.map(({ operator }) => operator);
    if (operators.length === 0) return `metrics of the route ${route} have no label ${label}`;
    if (operators.length > 1 || operators.some((operator) => operator === '!=' || operator === '!~')) {
      return `{{${name}}} has no one value: metrics of the route ${route} have it by ${operators.join(' and ')}, which only {{labels}} can say`;
    }
  }
  return null;
}

/** The word that a match of `PLACEHOLDER` stands for; of labels, after `whyUnlabelled`. */
export function wordFor(name: string, words: Words): string {
  switch (name) {
    case 'version':
      return words.version;
    case 'track':
      return words.track;
    case 'route':
      return words.route;
    default:
      return matcherFor(name, words)?.value ?? '';
  }
}

/** The pattern, in a group of its own, that `metrics` matches a label by; null for any other word. */
export function patternFor(name: string, words: Words): string | null {
  const matcher = matcherFor(name, words);
  return matcher?.operator === '=~' ? `(?:${matcher.value})` : null;
}

function matcherFor(name: string, { labels = [] }: Words): Matcher | undefined {
  if (!name.startsWith(ONE_LABEL)) return undefined;
  return labels.find(({ label }) => label === name.slice(ONE_LABEL.length));
}
