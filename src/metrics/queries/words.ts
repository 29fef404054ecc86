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

export const PLACEHOLDER = /\{\{\s*(version|track|route)\s*\}\}/g;

/** Whether a query can tell the two versions apart. */
export function namesVersion(query: string): boolean {
  return [...query.matchAll(PLACEHOLDER)].some(([, name]) => name !== 'route');
}

/** The word that a match of `PLACEHOLDER` stands for. */
export function wordFor(name: string, { version, track, route }: Words): string {
  switch (name) {
    case 'version':
      return version;
    case 'track':
      return track;
    default:
      return route;
  }
}
