import { addShapes, type ShapeCounts } from './shape-counts.ts';

/** Counts by bucket of `VALUE_GRID`: sparse, integers throughout. */
export type BucketCounts = Readonly<Record<number, number>>;

/** What was found in answers whose body was read. */
export interface ContentCounts {
  /** Answers that fell into the sample and came whole, neither errors by their status nor 4xx. */
  readonly sampled: number;
  /** Of those, without anything to ask: too long, of another type, or not what their type says. */
  readonly unread: number;
  /** The unread ones by why: their type, `text/html`, or what else it was, `too long`. Omitted when there were none. */
  readonly unreadAs?: CategoryCounts;
  /** Of those, errors by a rule of the policy. */
  readonly failed: number;
  /** Of those, answers with data and errors, where no rule counts them as failed. */
  readonly partial: number;
}

/** How event streams ended, where the policy says what their last event is. Every stream counts, whatever the sample. */
export interface StreamEndings {
  /** Streams that their upstream ended without breaking the connection. */
  readonly ended: number;
  /** Of those, without their last event. */
  readonly unfinished: number;
}

/** A number that answers carry, of one version in one block. */
export interface ValueCounts {
  /** Answers that were looked at. */
  readonly asked: number;
  /** Of those, without it. */
  readonly missing: number;
  /** Of those, with something that is no number from 0 on. */
  readonly unusable: number;
  /** An answer has one at most, but for the gaps of a stream. */
  readonly counts: BucketCounts;
}

/** Answers by a word that they carry; those without it under the empty word, those beyond the twentieth word under `other`. */
export type CategoryCounts = Readonly<Record<string, number>>;

/** What answers carry, of one version in one block; each part is omitted when nothing was looked at. */
export interface AnswerCounts {
  readonly content?: ContentCounts;
  readonly streams?: StreamEndings;
  /** By the name in the policy, or of `OwnValue`. */
  readonly values?: Readonly<Record<string, ValueCounts>>;
  readonly categories?: Readonly<Record<string, CategoryCounts>>;
  /** Of the JSON answers in the sample. */
  readonly shapes?: ShapeCounts;
  /** Answers in that sample that were not read, by why: `too long`. They are in no place. */
  readonly shapesUnread?: CategoryCounts;
}

/** Different words of a category that are counted apart. */
export const MOST_WORDS = 20;

export function addAnswerCounts(one: AnswerCounts, other: AnswerCounts): AnswerCounts {
  const content = sumOf(one.content, other.content, addContent);
  const streams = sumOf(one.streams, other.streams, addEndings);
  const values = sumOf(one.values, other.values, (left, right) => byName(left, right, addValues));
  const categories = sumOf(one.categories, other.categories, (left, right) => byName(left, right, addCategories));
  const shapes = sumOf(one.shapes, other.shapes, addShapes);
  const shapesUnread = sumOf(one.shapesUnread, other.shapesUnread, addCategories);
  return {
    ...(content === undefined ? {} : { content }),
    ...(streams === undefined ? {} : { streams }),
    ...(values === undefined ? {} : { values }),
    ...(categories === undefined ? {} : { categories }),
    ...(shapes === undefined ? {} : { shapes }),
    ...(shapesUnread === undefined ? {} : { shapesUnread }),
  };
}

function sumOf<T>(one: T | undefined, other: T | undefined, add: (one: T, other: T) => T): T | undefined {
  return one === undefined || other === undefined ? (one ?? other) : add(one, other);
}

function byName<T>(
  one: Readonly<Record<string, T>>,
  other: Readonly<Record<string, T>>,
  add: (one: T, other: T) => T,
): Readonly<Record<string, T>> {
  const sum = new Map(Object.entries(one));
  for (const [name, counts] of Object.entries(other)) {
    const known = sum.get(name);
    sum.set(name, known === undefined ? counts : add(known, counts));
  }
  return Object.fromEntries(sum);
}

function addContent(one: ContentCounts, other: ContentCounts): ContentCounts {
  const unreadAs = sumOf(one.unreadAs, other.unreadAs, addCategories);
  return {
    sampled: one.sampled + other.sampled,
    unread: one.unread + other.unread,
    ...(unreadAs === undefined ? {} : { unreadAs }),
    failed: one.failed + other.failed,
    partial: one.partial + other.partial,
  };
}

function addEndings(one: StreamEndings, other: StreamEndings): StreamEndings {
  return { ended: one.ended + other.ended, unfinished: one.unfinished + other.unfinished };
}

function addValues(one: ValueCounts, other: ValueCounts): ValueCounts {
  return {
    asked: one.asked + other.asked,
    missing: one.missing + other.missing,
    unusable: one.unusable + other.unusable,
    counts: addEach(one.counts, other.counts),
  };
}

// Words are what upstreams say, `constructor` and `__proto__` among them: a plain record would take them for its own.
function addCategories(one: CategoryCounts, other: CategoryCounts): CategoryCounts {
  const sum = new Map(Object.entries(one));
  for (const [word, count] of Object.entries(other)) {
    const under = sum.has(word) || sum.size < MOST_WORDS ? word : 'other';
    sum.set(under, (sum.get(under) ?? 0) + count);
  }
  return Object.fromEntries(sum);
}

function addEach(one: BucketCounts, other: BucketCounts): BucketCounts {
  const sum: Record<string, number> = { ...one };
  for (const [bucket, count] of Object.entries(other)) sum[bucket] = (sum[bucket] ?? 0) + count;
  return sum;
}
