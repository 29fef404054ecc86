import type { FactText } from './shape-fact.ts';

/** What is remembered, for people, of something that was seen in answers or logs. */
export interface Sighting {
  /** The consumers whose requests were answered so, at most ten; their names, never their keys. */
  readonly consumers: readonly string[];
  /** At most three of each version, redacted and cut. */
  readonly examples: readonly { readonly track: 'stable' | 'canary'; readonly text: string }[];
}

/** What is looked up: the name that a difference carries. */
export type SightingName = string;

/**
 * The name of a fact at a place.
 *
 * @example sightingOfFact('GET /orders/{id} 2xx', 'null /total') // 'GET /orders/{id} 2xx null /total'
 */
export function sightingOfFact(place: string, fact: FactText): SightingName {
  return `${place} ${fact}`;
}
