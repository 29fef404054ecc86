import { isRecord } from '../../policy/is-record.ts';
import { MOST_FACTS, MOST_PLACES } from '../../stats/answers/shape-counts.ts';
import { readFact } from '../../stats/answers/shape-fact.ts';
import { isCount, show } from '../shape.ts';

const LONGEST_PLACE = 600;
const LONGEST_FACT = 500;

/** What is wrong with the counts of what answers look like; null when nothing is. */
export function faultOfShapes(shapes: unknown, name: string): string | null {
  if (!isRecord(shapes)) return `${name} is ${show(shapes)}, not counts by place`;
  const places = Object.entries(shapes);
  if (places.length > MOST_PLACES) return `${name} has more than ${MOST_PLACES} places`;
  let facts = 0;
  for (const [place, shape] of places) {
    if (place.length > LONGEST_PLACE) return `${name} has a place of more than ${LONGEST_PLACE} characters`;
    const fault = faultOfPlace(shape, `${name}[${show(place)}]`);
    if (fault !== null) return fault;
    facts += isRecord(shape) && isRecord(shape['facts']) ? Object.keys(shape['facts']).length : 0;
  }
  return facts > MOST_FACTS ? `${name} has more than ${MOST_FACTS} facts` : null;
}

function faultOfPlace(shape: unknown, name: string): string | null {
  if (!isRecord(shape)) return `${name} is ${show(shape)}, not counts of answers`;
  const { answers, cut = 0, short = 0, left = 0, gone = [], facts } = shape;
  if (!isCount(answers)) return `${name}.answers is ${show(answers)}, not a count`;
  if (!isCount(cut) || cut > answers) return `${name}.cut is ${show(cut)}, not a count of its answers`;
  if (!isCount(short) || short > answers) return `${name}.short is ${show(short)}, not a count of its answers`;
  if (!isCount(left)) return `${name}.left is ${show(left)}, not a count`;
  if (!isListOfFacts(gone)) return `${name}.gone is ${show(gone)}, not a list of facts`;
  if (!isRecord(facts)) return `${name}.facts is ${show(facts)}, not counts by fact`;
  for (const [fact, count] of Object.entries(facts)) {
    if (!isFact(fact)) return `${name}.facts has ${show(fact)}, which is no fact`;
    if (!isCount(count) || count > answers) {
      return `${name}.facts[${show(fact)}] is ${show(count)}, not a count of its answers`;
    }
  }
  return null;
}

function isListOfFacts(list: unknown): boolean {
  return Array.isArray(list) && list.length <= MOST_FACTS && list.every(isFact);
}

function isFact(text: unknown): boolean {
  return typeof text === 'string' && text.length <= LONGEST_FACT && readFact(text) !== null;
}
