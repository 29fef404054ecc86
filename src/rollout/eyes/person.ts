import type { Actor } from '../event.ts';
import type { Someone } from '../state.ts';

export function someoneOf({ name, via, subject, makers }: Actor): Someone {
  return {
    name,
    ...(via === undefined ? {} : { via }),
    ...(subject === undefined ? {} : { subject }),
    ...(makers === undefined ? {} : { makers }),
  };
}

/** `same`; `named` where two of the provider have one name; `made` where the token of one was made with that of the other. */
export type WhyOne = 'same' | 'named' | 'made';

/**
 * Why two count as one. Null where they are two people as far as can be known: two tokens that a third made may be one human's. A provider
 * may call one human by another subject at each of its clients (pairwise: OpenID Connect Core 1.0 section 8), so that a name decides too.
 */
export function whyOne(one: Someone, other: Someone): WhyOne | null {
  if (one.subject !== undefined && one.subject === other.subject) return 'same';
  if (one.name === other.name) return isOfProvider(one) && isOfProvider(other) ? 'named' : 'same';
  return wasMadeBy(one, other) || wasMadeBy(other, one) ? 'made' : null;
}

/** Whether a token was made only after a time (epoch ms): whoever holds one admin token can make another when they need it. */
export function isTooNew({ madeAt }: Actor, at: number): boolean {
  return madeAt !== undefined && madeAt > at;
}

/** `ada counts as one person with bob, because the token of one was made with that of the other`. */
export function asOne({ name }: Pick<Actor, 'name'>, other: Pick<Someone, 'name'>, why: 'named' | 'made'): string {
  return why === 'made'
    ? `the token of ${name} or of ${other.name} was made with the other's, so that ${name} counts as one person with ${other.name}`
    : `the provider may have two subjects for one person, so that whoever it calls ${name} counts as the ${other.name}`;
}

function isOfProvider({ subject }: Someone): boolean {
  return subject !== undefined && !subject.startsWith('token:');
}

function wasMadeBy({ makers = [] }: Someone, { subject }: Someone): boolean {
  return subject !== undefined && makers.includes(subject);
}
