import type { AnswerReads } from '../../../split/answer-reads.ts';
import { bodyReader } from './body-reader.ts';
import { eventReader } from './event-reader.ts';
import { fieldsReader } from './fields-reader.ts';
import { headerRulesReader } from './header-rules.ts';
import { ownReader } from './own-reader.ts';
import { postedReader } from './posted-reader.ts';
import type { AnswerEnding, OpenReader, PartReader, ReadAnswer, ReaderKind, ReadingParts } from './reader.ts';

/** Every way of reading answers. */
const READERS: readonly ReaderKind[] = [
  fieldsReader,
  ownReader,
  headerRulesReader,
  bodyReader,
  eventReader,
  postedReader,
];

/** What an order reads of answers, compiled. */
export class AnswerReading {
  private readonly open: readonly OpenReader[];
  private readonly sample: number;
  private readonly shareOf: (requestId: string) => number;

  /** @param shareOf uniform in [0, 1), alike for the same id; no client can foresee it */
  constructor(reads: AnswerReads, parts: ReadingParts, shareOf: (requestId: string) => number) {
    this.open = READERS.flatMap((kind) => kind(reads, parts) ?? []);
    this.sample = reads.sample;
    this.shareOf = shareOf;
  }

  /** Whether the answer of a request is in the sample. */
  isSampled(requestId: string): boolean {
    return this.sample >= 1 || this.shareOf(requestId) < this.sample;
  }

  /** The readers of one answer; none when nothing is to be read in it. */
  begin(answer: ReadAnswer): readonly PartReader[] {
    const readers: PartReader[] = [];
    for (const open of this.open) {
      const reader = open(answer);
      if (reader !== null) readers.push(reader);
    }
    return readers;
  }
}

/** An answer, and where its readers' faults are told. */
export interface ReportingAnswer extends ReadAnswer {
  report(error: unknown): void;
}

/** Reads one answer. Whatever goes wrong in it is reported; the answer passes all the same, and nothing is found in it. */
export class OpenReading {
  private readers: readonly PartReader[];
  private ofBody: readonly PartReader[];
  private readonly answer: ReportingAnswer;
  /** Whether any of them looks while the answer goes on. */
  readonly isWatched: boolean;

  constructor(readers: readonly PartReader[], answer: ReportingAnswer) {
    this.readers = readers;
    this.isWatched = readers.some((reader) => reader.look !== undefined);
    this.ofBody = readers.filter((reader) => reader.data !== undefined);
    this.answer = answer;
  }

  data(chunk: Buffer): void {
    if (this.ofBody.length === 0) return;
    this.attempt(() => {
      for (const reader of this.ofBody) reader.data?.(chunk);
    });
  }

  end(ending: AnswerEnding): void {
    const { findings } = this.answer;
    this.attempt(() => {
      for (const reader of this.readers) reader.end(ending, findings);
    });
  }

  look(slowMs: number): void {
    this.attempt(() => {
      for (const reader of this.readers) reader.look?.(slowMs);
    });
  }

  /** In place of `end`: the client went away, or the version left the route. */
  left(slowMs: number): void {
    this.attempt(() => {
      for (const reader of this.readers) reader.left?.(slowMs);
    });
    this.drop();
  }

  /** In place of `end`, or after it. */
  drop(): void {
    const { readers } = this;
    this.readers = [];
    this.ofBody = [];
    for (const reader of readers) {
      try {
        reader.drop?.();
      } catch (error) {
        this.answer.report(error);
      }
    }
  }

  private attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.answer.report(error);
      this.drop();
    }
  }
}
