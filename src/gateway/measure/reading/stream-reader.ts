import { EventSplitter, type StreamForm } from './event-splitter.ts';
import { EventTimes, type StreamValue } from './event-times.ts';
import { type EventPointers, LastEvents, tellUnusable } from './last-events.ts';
import type { AnswerEnding, Findings, PartReader, ReadAnswer } from './reader.ts';

/** Of the data of an event, in bytes: a longer one is an event that is not read. */
const MOST_EVENT_BYTES = 65_536;

/** What is asked of one stream. */
export interface StreamQuestions {
  readonly timed: readonly StreamValue[];
  /** The data of its last event; null where nothing is said of it. */
  readonly lastData: string | null;
  /** Null where the stream is not in the sample. */
  readonly pointers: EventPointers | null;
}

/** Reads one stream as it comes. It is over when its last event has come, or its end without one. */
export class StreamReader implements PartReader {
  private readonly answer: ReadAnswer;
  private readonly lastData: string | null;
  private readonly times: EventTimes | null;
  private readonly lastEvents: LastEvents | null;
  private readonly events: EventSplitter;
  private isOver = false;
  /** When the piece came that is being read, as `ReadAnswer.ageMs`. */
  private nowMs = 0;

  constructor(form: StreamForm, { timed, lastData, pointers }: StreamQuestions, answer: ReadAnswer) {
    this.answer = answer;
    this.lastData = lastData;
    this.times = timed.length === 0 ? null : new EventTimes(timed, answer.findings);
    this.lastEvents = pointers === null ? null : new LastEvents(pointers);
    const mostKept = pointers === null ? Buffer.byteLength(lastData ?? '') : MOST_EVENT_BYTES;
    this.events = new EventSplitter(form, mostKept, (data) => this.take(data));
  }

  data(chunk: Buffer): void {
    if (this.isOver || this.isIdle) return;
    this.nowMs = this.answer.ageMs();
    this.events.push(chunk);
  }

  look(slowMs: number): void {
    if (!this.isOver) this.times?.look(this.answer.ageMs(), slowMs);
  }

  left(slowMs: number): void {
    this.look(slowMs);
    this.drop();
  }

  drop(): void {
    this.isOver = true;
    this.events.free();
  }

  end(): void {
    if (this.isOver) return;
    this.nowMs = this.answer.ageMs();
    this.events.end();
    this.finish('unfinished');
  }

  /** Whether nothing that may still come would be told. */
  private get isIdle(): boolean {
    return this.lastData === null && this.lastEvents === null && (this.times?.isOver ?? true);
  }

  private take(data: string | null): void {
    if (this.isOver) return;
    this.times?.event(this.nowMs);
    if (this.lastData !== null && data === this.lastData) this.finish('proper');
    else this.lastEvents?.note(data);
  }

  private finish(end: 'proper' | 'unfinished'): void {
    const { findings } = this.answer;
    this.drop();
    this.times?.end();
    this.lastEvents?.tell(findings);
    if (this.lastData !== null) findings.streamEnd(end);
  }
}

/** A stream that comes compressed: nothing can be said of its events. */
export class CodedStream implements PartReader {
  private readonly asked: StreamQuestions;

  constructor(asked: StreamQuestions) {
    this.asked = asked;
  }

  end(_: AnswerEnding, findings: Findings): void {
    const { timed, pointers } = this.asked;
    for (const name of timed) findings.value(name, 'unusable');
    if (pointers !== null) tellUnusable(pointers, findings);
  }
}
