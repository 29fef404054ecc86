import type { AnswerReads } from '../../../split/answer-reads.ts';
import type { UpstreamHead } from '../../upstream/upstream-client.ts';
import type { ContentOutcome, NoValue, StreamEnd } from './answer-tally.ts';
import type { BodyQueue } from './body-queue.ts';
import type { PostableAnswers } from './postable-answers.ts';

/** Where readers tell what they have found. May be told after the end of the answer, where reading takes its time. */
export interface Findings {
  /** @returns whether it counts: false where the split of its request is over */
  value(name: string, value: number | NoValue): boolean;
  word(name: string, word: string): void;
  /** @param unreadAs of an unread answer why: its type without parameters, or what else it was, such as `too long` */
  content(outcome: ContentOutcome, unreadAs?: string): void;
  /** Of an event stream, where the order says what its last event is. */
  streamEnd(end: StreamEnd): void;
}

/** An answer that is neither an error by its status nor a 4xx. */
export interface ReadAnswer {
  readonly head: UpstreamHead;
  /** Whether the answer is in the sample of those whose body is read. */
  readonly isSampled: boolean;
  readonly requestId: string;
  /** Ms since the request, without the time that its client took to send it and to take the answer. */
  ageMs(): number;
  /** For what is found before the end. */
  readonly findings: Findings;
}

/** How an answer came to its proper end. One that breaks is an error already: nothing is told of it. */
export interface AnswerEnding {
  /** A flat list of names and values. */
  readonly trailers: readonly string[];
  /** Ms since the request, without the time that its client took to send it and to take the answer. */
  readonly ms: number;
  /** Whether its time is compared: not where the stable seldom answers so, nor of a stream. */
  readonly isCompared: boolean;
  /** Bytes of the body. */
  readonly bytes: number;
  /** See `Ticket.uploadMs`. */
  readonly uploadMs: number | null;
}

/** Looks at one answer for some of what is asked for. Copies what it keeps of a chunk, and keeps a bounded part. */
export interface PartReader {
  data?(chunk: Buffer): void;
  end(ending: AnswerEnding, findings: Findings): void;
  /** Now and then while the answer goes on. What the version has owed for `slowMs` is slow, whatever comes. */
  look?(slowMs: number): void;
  /** In place of `end`: the client went away, or the version left the route. What has come until now counts; `drop` follows. */
  left?(slowMs: number): void;
  /** In place of `end`, for an answer that comes to none: nothing is found in it, and what was held is given back. */
  drop?(): void;
}

/** What all reading in the process shares, and all of a route. */
export interface ReadingParts {
  readonly bodies: BodyQueue;
  readonly postable: PostableAnswers;
}

/**
 * One way of reading answers: a file of its own and a line in `readers.ts`. Compiled once for an order; null when nothing
 * is asked of it.
 */
export type ReaderKind = (reads: AnswerReads, parts: ReadingParts) => OpenReader | null;

/** Null when there is nothing to read in this answer. */
export type OpenReader = (answer: ReadAnswer) => PartReader | null;
