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

/**
 * Why two count as one: `same`, or `made` where the token of one was made with that of the other, who could have kept it. Null where they
 * are two people as far as can be known: two tokens that a third made may be one human's.
 */
export function whyOne(one: Someone, other: Someone): 'same' | 'made' | null {
  if (one.subject !== undefined && one.subject === other.subject) return 'same';
  // People may share a name where the provider tells them apart; a token has the name that somebody gave it.
  if (one.name === other.name && !(isOfProvider(one) && isOfProvider(other))) return 'same';
  return wasMadeBy(one, other) || wasMadeBy(other, one) ? 'made' : null;
}

/** Whether a token was made only after a time (epoch ms): whoever holds one admin token can make another when they need it. */
export function isTooNew({ madeAt }: Actor, at: number): boolean {
  return madeAt !== undefined && madeAt > at;
}

function isOfProvider({ subject }: Someone): boolean {
  return subject !== undefined && !subject.startsWith('token:');
}

function wasMadeBy({ makers = [] }: Someone, { subject }: Someone): boolean {
  return subject !== undefined && makers.includes(subject);
}
