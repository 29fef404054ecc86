import { isRecord } from '../../policy/is-record.ts';
import { MOST_FIELDS } from '../../stats/answers/answer-pairs.ts';
import { placeOfField } from '../../stats/answers/pair-fields.ts';
import { MOST_PLACES } from '../../stats/answers/shape-counts.ts';
import { isCount, show } from '../shape.ts';

/** Of an endpoint and a path together. */
const LONGEST_NAME = 20_000;

/** What is wrong with the answers of a block that were compared, which may be omitted. */
export function faultOfPairs(pairs: unknown): string | null {
  if (pairs === undefined) return null;
  if (!isRecord(pairs)) return `pairs are ${show(pairs)}, not counts of compared answers`;
  const { compared, unusable, alone = 0, places, fields } = pairs;
  for (const [key, count] of Object.entries({ compared, unusable, alone })) {
    if (!isCount(count)) return `pairs.${key} is ${show(count)}, not a count`;
  }
  if (!isRecord(places) || !isRecord(fields)) return 'pairs have no places or no fields';
  return faultOfPlaces(places, Number(compared)) ?? faultOfFields(fields, places);
}

type Fields = Readonly<Record<string, unknown>>;

function faultOfPlaces(places: Fields, compared: number): string | null {
  const entries = Object.entries(places);
  if (entries.length > MOST_PLACES) return `pairs have more than ${MOST_PLACES} places`;
  let sum = 0;
  for (const [place, count] of entries) {
    if (!isCount(count)) return `pairs.places has ${show(count)} for ${show(place)}, not a count`;
    sum += count;
  }
  return sum > compared ? 'pairs have more requests at their places than were compared' : null;
}

function faultOfFields(fields: Fields, places: Fields): string | null {
  const entries = Object.entries(fields);
  if (entries.length > MOST_FIELDS) return `pairs have more than ${MOST_FIELDS} fields`;
  for (const [name, counts] of entries) {
    const { place, path } = placeOfField(name);
    const of = Object.hasOwn(places, place) ? places[place] : undefined;
    if (name.length > LONGEST_NAME || path === '' || of === undefined) {
      return `pairs have the field ${show(name)}, which is at none of their places`;
    }
    const fault = faultOfField(counts, Number(of));
    if (fault !== null) return `the field ${show(name)} of pairs ${fault}`;
  }
  return null;
}

function faultOfField(counts: unknown, of: number): string | null {
  if (!isRecord(counts)) return `is ${show(counts)}, not counts`;
  const { differs, noise, both, removed = 0, added = 0, retyped = 0 } = counts;
  const all = { differs, noise, both, removed, added, retyped };
  for (const [key, count] of Object.entries(all)) {
    if (!isCount(count)) return `has ${show(count)} for ${key}, not a count`;
  }
  if (Number(differs) + Number(noise) - Number(both) > of) return 'differs in more requests than were compared there';
  if (Number(both) > Math.min(Number(differs), Number(noise))) return 'is both more often than it differs or is noise';
  return Number(removed) + Number(added) + Number(retyped) > Number(differs)
    ? 'differs less often than it says how'
    : null;
}
