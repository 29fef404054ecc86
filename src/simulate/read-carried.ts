import { faultOfCarried } from '../judge/contract/answer-fault.ts';
import { shown } from '../policy/fault.ts';
import { isRecord } from '../policy/is-record.ts';
import type {
  AnswerCounts,
  BucketCounts,
  ContentCounts,
  StreamEndings,
  ValueCounts,
} from '../stats/answers/answer-counts.ts';
import type { PlaceShape } from '../stats/answers/shape-counts.ts';
import { valueBucket } from '../stats/answers/value-grid.ts';
import { type InputFields, readCount, readFields, readNumber, refuseInput } from './read-value.ts';

/** The keys of a tally for what answers carry. */
export const CARRIED_KEYS = ['content', 'streams', 'values', 'categories', 'shapes', 'shapesUnread'] as const;

/** What a version's answers carry in a line of the input of `serin judge`; each part may be omitted. */
export function readCarried(fields: InputFields, name: string): AnswerCounts {
  const { content, streams, values, categories, shapes, shapesUnread } = fields;
  const carried = {
    ...(content === undefined ? {} : { content: readContent(content, `${name}.content`) }),
    ...(streams === undefined ? {} : { streams: readEndings(streams, `${name}.streams`) }),
    ...(values === undefined ? {} : { values: readEach(values, `${name}.values`, readValueCounts) }),
    ...(categories === undefined ? {} : { categories: readEach(categories, `${name}.categories`, readWords) }),
    ...(shapes === undefined ? {} : { shapes: readEach(shapes, `${name}.shapes`, readPlace) }),
    ...(shapesUnread === undefined ? {} : { shapesUnread: readWords(shapesUnread, `${name}.shapesUnread`) }),
  };
  const fault = faultOfCarried(carried, name);
  if (fault !== null) refuseInput(fault);
  return carried;
}

/** `{ "sampled": 100, "failed": 3 }`: what is left out is 0. */
function readContent(value: unknown, name: string): ContentCounts {
  const fields = readFields(value, name, ['sampled', 'unread', 'unreadAs', 'failed', 'partial']);
  const of = (key: string) => (fields[key] === undefined ? 0 : readCount(fields[key], `${name}.${key}`));
  const sampled = readCount(fields['sampled'], `${name}.sampled`);
  const counts = { sampled, unread: of('unread'), failed: of('failed'), partial: of('partial') };
  const { unreadAs } = fields;
  return unreadAs === undefined ? counts : { ...counts, unreadAs: readWords(unreadAs, `${name}.unreadAs`) };
}

/** `{ "ended": 100, "unfinished": 3 }`. */
function readEndings(value: unknown, name: string): StreamEndings {
  const fields = readFields(value, name, ['ended', 'unfinished']);
  const ended = readCount(fields['ended'], `${name}.ended`);
  const unfinished = readCount(fields['unfinished'], `${name}.unfinished`);
  return { ended, unfinished };
}

/** `{ "numbers": [4, 9], "missing": 1 }`, or counts by bucket as the gateway has them: `{ "asked": 3, "counts": { "768": 2 } }`. */
function readValueCounts(value: unknown, name: string): ValueCounts {
  const fields = readFields(value, name, ['asked', 'missing', 'unusable', 'counts', 'numbers']);
  const of = (key: string) => (fields[key] === undefined ? 0 : readCount(fields[key], `${name}.${key}`));
  if (fields['counts'] !== undefined && fields['numbers'] !== undefined) {
    refuseInput(`${name} has counts and numbers: one of them is enough`);
  }
  const counts =
    fields['numbers'] === undefined
      ? readBuckets(fields['counts'] ?? {}, `${name}.counts`)
      : readNumbers(fields['numbers'], `${name}.numbers`);
  const known = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const [missing, unusable] = [of('missing'), of('unusable')];
  const asked =
    fields['asked'] === undefined ? known + missing + unusable : readCount(fields['asked'], `${name}.asked`);
  return { asked, missing, unusable, counts };
}

function readBuckets(value: unknown, name: string): BucketCounts {
  if (!isRecord(value)) refuseInput(`${name} must be an object of bucket indices`);
  return Object.fromEntries(Object.entries(value).map(([key, count]) => [key, readCount(count, `${name}["${key}"]`)]));
}

function readNumbers(value: unknown, name: string): BucketCounts {
  if (!Array.isArray(value)) refuseInput(`${name} must be a list of numbers`);
  const counts: Record<number, number> = {};
  for (const [index, number] of (value as readonly unknown[]).entries()) {
    const bucket = valueBucket(readNumber(number, `${name}[${index}]`, 0, Number.MAX_VALUE)) ?? 0;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

/** `{ "stop": 90, "length": 10 }`; an empty word for answers without one. */
function readWords(value: unknown, name: string): Readonly<Record<string, number>> {
  if (!isRecord(value)) refuseInput(`${name} must be an object of counts by word`);
  return Object.fromEntries(
    Object.entries(value).map(([word, count]) => [word, readCount(count, `${name}[${shown(word)}]`)]),
  );
}

/** `{ "answers": 100, "facts": { "string /name": 99 } }`, by the place, `GET /orders/{id} 2xx`. */
function readPlace(value: unknown, name: string): PlaceShape {
  const { answers, cut, short, left, gone, facts } = readFields(value, name, [
    'answers',
    'cut',
    'short',
    'left',
    'gone',
    'facts',
  ]);
  return {
    answers: readCount(answers, `${name}.answers`),
    ...(cut === undefined ? {} : { cut: readCount(cut, `${name}.cut`) }),
    ...(short === undefined ? {} : { short: readCount(short, `${name}.short`) }),
    ...(left === undefined ? {} : { left: readCount(left, `${name}.left`) }),
    ...(gone === undefined ? {} : { gone: readTexts(gone, `${name}.gone`) }),
    facts: readWords(facts, `${name}.facts`),
  };
}

function readTexts(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string')) {
    refuseInput(`${name} must be a list of texts`);
  }
  return value;
}

function readEach<T>(
  value: unknown,
  name: string,
  read: (part: unknown, name: string) => T,
): Readonly<Record<string, T>> {
  if (!isRecord(value)) refuseInput(`${name} must be an object of counts by name`);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, read(part, `${name}.${key}`)]));
}
