import {
  type AnswerCounts,
  type CategoryCounts,
  type ContentCounts,
  MOST_WORDS,
  type StreamEndings,
  type ValueCounts,
} from '../../../stats/answers/answer-counts.ts';
import { valueBucket } from '../../../stats/answers/value-grid.ts';
import type { ReadFacts } from './shape/place-facts.ts';
import { ShapeTally } from './shape/shape-tally.ts';

/** What became of an answer in the sample. */
export type ContentOutcome = 'well' | 'unread' | 'failed' | 'partial';

/** Whether an event stream had its last event when it ended. */
export type StreamEnd = 'proper' | 'unfinished';

type Words = Map<string, number>;

/** Nothing where it should be, or something that is no number. */
export type NoValue = 'missing' | 'unusable';

class ValueTally {
  asked = 0;
  missing = 0;
  unusable = 0;
  private readonly counts = new Map<number, number>();

  add(value: number | NoValue): void {
    this.asked++;
    if (value === 'missing') this.missing++;
    else if (value === 'unusable') this.unusable++;
    else this.addNumber(value);
  }

  read(): ValueCounts {
    const { asked, missing, unusable, counts } = this;
    return { asked, missing, unusable, counts: Object.fromEntries(counts) };
  }

  private addNumber(value: number): void {
    const bucket = valueBucket(value);
    if (bucket === null) this.unusable++;
    else this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + 1);
  }
}

/** What the answers of one version carry, in one block, as it grows. */
export class AnswerTally {
  private content: { -readonly [Key in Exclude<keyof ContentCounts, 'unreadAs'>]: number } | null = null;
  private readonly unreadAs: Words = new Map();
  private streams: { -readonly [Key in keyof StreamEndings]: number } | null = null;
  private readonly values = new Map<string, ValueTally>();
  private readonly categories = new Map<string, Words>();
  private shapes: ShapeTally | null = null;
  private readonly shapesUnread: Words = new Map();

  /** @param unreadAs why it is unread: its type, or what else it was */
  addContent(outcome: ContentOutcome, unreadAs = ''): void {
    this.content ??= { sampled: 0, unread: 0, failed: 0, partial: 0 };
    this.content.sampled++;
    if (outcome !== 'well') this.content[outcome]++;
    if (outcome === 'unread') countWord(this.unreadAs, unreadAs);
  }

  addStreamEnd(end: StreamEnd): void {
    this.streams ??= { ended: 0, unfinished: 0 };
    this.streams.ended++;
    if (end === 'unfinished') this.streams.unfinished++;
  }

  addValue(name: string, value: number | NoValue): void {
    let tally = this.values.get(name);
    if (tally === undefined) {
      tally = new ValueTally();
      this.values.set(name, tally);
    }
    tally.add(value);
  }

  /** An empty word for an answer without one. */
  addWord(name: string, word: string): void {
    const words: Words = this.categories.get(name) ?? new Map();
    this.categories.set(name, words);
    countWord(words, word);
  }

  addShape(place: string, facts: ReadFacts): void {
    this.shapes ??= new ShapeTally();
    this.shapes.add(place, facts);
  }

  addShapeLeft(place: string): void {
    this.shapes ??= new ShapeTally();
    this.shapes.addLeft(place);
  }

  addShapeUnread(why: string): void {
    countWord(this.shapesUnread, why);
  }

  read(): AnswerCounts {
    const { content, streams, values, categories, shapes, shapesUnread } = this;
    return {
      ...(content === null ? {} : { content: { ...content, ...this.readWhy() } }),
      ...(streams === null ? {} : { streams: { ...streams } }),
      ...(values.size === 0 ? {} : { values: mapped(values, (tally) => tally.read()) }),
      ...(categories.size === 0 ? {} : { categories: mapped(categories, (words) => Object.fromEntries(words)) }),
      ...(shapes === null ? {} : { shapes: shapes.read() }),
      ...(shapesUnread.size === 0 ? {} : { shapesUnread: Object.fromEntries(shapesUnread) }),
    };
  }

  private readWhy(): { readonly unreadAs?: CategoryCounts } {
    return this.unreadAs.size === 0 ? {} : { unreadAs: Object.fromEntries(this.unreadAs) };
  }
}

function countWord(words: Words, word: string): void {
  const under = words.has(word) || words.size < MOST_WORDS ? word : 'other';
  words.set(under, (words.get(under) ?? 0) + 1);
}

function mapped<From, To>(entries: ReadonlyMap<string, From>, of: (value: From) => To): Record<string, To> {
  return Object.fromEntries([...entries].map(([name, value]) => [name, of(value)]));
}
