import { faultOfPairs } from '../judge/contract/pair-fault.ts';
import { shown } from '../policy/fault.ts';
import { isRecord } from '../policy/is-record.ts';
import type { AnswerPairs, FieldPairs } from '../stats/answers/answer-pairs.ts';
import { readCount, readFields, refuseInput } from './read-value.ts';

const FIELD_KEYS = ['differs', 'noise', 'both', 'removed', 'added', 'retyped'] as const;

/** Requests that both versions answered, in a line of the input of `serin judge`: what is left out is 0. */
export function readPairs(value: unknown): AnswerPairs {
  const { compared, unusable, alone, places, fields } = readFields(value, 'pairs', [
    'compared',
    'unusable',
    'alone',
    'places',
    'fields',
  ]);
  const pairs = {
    compared: readCount(compared, 'pairs.compared'),
    unusable: unusable === undefined ? 0 : readCount(unusable, 'pairs.unusable'),
    ...(alone === undefined ? {} : { alone: readCount(alone, 'pairs.alone') }),
    places: readEach(places, 'pairs.places', readCount),
    fields: readEach(fields ?? {}, 'pairs.fields', readField),
  };
  const fault = faultOfPairs(pairs);
  if (fault !== null) refuseInput(fault);
  return pairs;
}

function readEach<Part>(value: unknown, name: string, read: (part: unknown, name: string) => Part) {
  if (!isRecord(value)) refuseInput(`${name} must be an object by name`);
  const parts = Object.entries(value).map(([key, part]) => [key, read(part, `${name}[${shown(key)}]`)]);
  return Object.fromEntries(parts) as Readonly<Record<string, Part>>;
}

function readField(value: unknown, name: string): FieldPairs {
  const fields = readFields(value, name, FIELD_KEYS);
  const counts = FIELD_KEYS.flatMap((key) =>
    fields[key] === undefined ? [] : [[key, readCount(fields[key], `${name}.${key}`)]],
  );
  return { differs: 0, noise: 0, both: 0, ...Object.fromEntries(counts) };
}
