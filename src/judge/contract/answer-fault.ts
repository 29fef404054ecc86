import { isRecord } from '../../policy/is-record.ts';
import { MOST_WORDS } from '../../stats/answers/answer-counts.ts';
import { HIGHEST_VALUE_BUCKET } from '../../stats/answers/value-grid.ts';
import { isCount, show } from '../shape.ts';
import { faultOfShapes } from './shape-fault.ts';

/** More than a policy could give a share of the budget to. */
const MOST_NAMES = 100;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const LONGEST_WORD = 100;
/** Each that is counted apart, and what is beyond them. */
const MOST_KINDS = MOST_WORDS + 1;

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with the counts of what answers carry, each of which may be omitted. */
export function faultOfCarried(carried: Fields, name: string): string | null {
  const { content, streams, values, categories, shapes, shapesUnread } = carried;
  return (
    (content === undefined ? null : faultOfContent(content, `${name}.content`)) ??
    (streams === undefined ? null : faultOfEndings(streams, `${name}.streams`)) ??
    (values === undefined ? null : faultOfEach(values, `${name}.values`, faultOfValue)) ??
    (categories === undefined ? null : faultOfEach(categories, `${name}.categories`, faultOfWords)) ??
    (shapes === undefined ? null : faultOfShapes(shapes, `${name}.shapes`)) ??
    (shapesUnread === undefined ? null : faultOfWords(shapesUnread, `${name}.shapesUnread`))
  );
}

function faultOfContent(content: unknown, name: string): string | null {
  if (!isRecord(content)) return `${name} is ${show(content)}, not counts of answers that were read`;
  const { sampled, unread, unreadAs, failed, partial } = content;
  const fault =
    faultOfCounts({ sampled, unread, failed, partial }, name) ??
    (unreadAs === undefined ? null : faultOfWords(unreadAs, `${name}.unreadAs`));
  if (fault !== null) return fault;
  return Number(unread) + Number(failed) + Number(partial) > Number(sampled)
    ? `${name} has more outcomes than answers`
    : null;
}

function faultOfEndings(streams: unknown, name: string): string | null {
  if (!isRecord(streams)) return `${name} is ${show(streams)}, not counts of streams`;
  const { ended, unfinished } = streams;
  const fault = faultOfCounts({ ended, unfinished }, name);
  if (fault !== null) return fault;
  return Number(unfinished) > Number(ended) ? `${name} has more unfinished streams than streams` : null;
}

function faultOfEach(
  parts: unknown,
  name: string,
  faultOf: (part: unknown, name: string, key: string) => string | null,
): string | null {
  if (!isRecord(parts)) return `${name} is ${show(parts)}, not counts by name`;
  const entries = Object.entries(parts);
  if (entries.length > MOST_NAMES) return `${name} has more than ${MOST_NAMES} names`;
  for (const [key, part] of entries) {
    if (!NAME.test(key)) return `${name} has the name ${show(key)}, which no check can have`;
    const fault = faultOf(part, `${name}.${key}`, key);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfValue(value: unknown, name: string, key: string): string | null {
  if (!isRecord(value)) return `${name} is ${show(value)}, not counts of a value`;
  const { asked, missing, unusable, counts } = value;
  const fault = faultOfCounts({ asked, missing, unusable }, name);
  if (fault !== null) return fault;
  if (Number(missing) + Number(unusable) > Number(asked))
    return `${name} has more answers without a value than answers`;
  if (!isRecord(counts)) return `${name}.counts is ${show(counts)}, not a histogram`;
  let sum = 0;
  for (const [bucket, count] of Object.entries(counts)) {
    if (!isValueBucket(bucket))
      return `${name}.counts has the bucket ${show(bucket)}, which is none from 0 to ${HIGHEST_VALUE_BUCKET}`;
    if (!isCount(count)) return `${name}.counts[${bucket}] is ${show(count)}, not a count`;
    sum += count;
  }
  // A stream has many gaps; of every other value an answer has one at most.
  return key !== 'gap' && sum > Number(asked) ? `${name} has more values than answers` : null;
}

function faultOfWords(words: unknown, name: string): string | null {
  if (!isRecord(words)) return `${name} is ${show(words)}, not counts of words`;
  const entries = Object.entries(words);
  if (entries.length > MOST_KINDS) return `${name} has more than ${MOST_KINDS} words`;
  for (const [word, count] of entries) {
    if (word.length > LONGEST_WORD) return `${name} has a word of more than ${LONGEST_WORD} characters`;
    if (!isCount(count)) return `${name}[${show(word)}] is ${show(count)}, not a count`;
  }
  return null;
}

function faultOfCounts(counts: Fields, name: string): string | null {
  for (const [key, count] of Object.entries(counts)) {
    if (!isCount(count)) return `${name}.${key} is ${show(count)}, not a count`;
  }
  return null;
}

function isValueBucket(key: string): boolean {
  const bucket = Number(key);
  return String(bucket) === key && Number.isInteger(bucket) && bucket >= 0 && bucket <= HIGHEST_VALUE_BUCKET;
}
