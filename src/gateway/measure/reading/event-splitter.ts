import { COLON, CR, SP } from '../../http/grammar.ts';
import { LineSplitter, type LineTaker } from './line-splitter.ts';

/** How a stream is cut into events: `text/event-stream`, or one JSON document a line. */
export type StreamForm = 'events' | 'lines';

/** An event has come; its data, or null where that is longer than what is kept. */
export type EventTaker = (data: string | null) => void;

const DATA = Buffer.from('data');
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** Of a line beside its data: a byte order mark, `data`, a colon and a space. */
const AROUND_DATA = BYTE_ORDER_MARK.length + DATA.length + 2;

/**
 * The events of a stream, in whatever pieces it comes. An event of `text/event-stream` is a block of lines with a field `data`
 * that an empty line ends (HTML section 9.2.6): comments and blocks without data are none, and what no empty line ends is none.
 */
export class EventSplitter {
  private readonly lines: LineSplitter;
  private readonly isOfLines: boolean;

  /** @param mostKept bytes of the data of an event */
  constructor(form: StreamForm, mostKept: number, taker: EventTaker) {
    this.isOfLines = form === 'lines';
    this.lines = this.isOfLines
      ? new LineSplitter(new LineEvents(mostKept, taker), 'lf', mostKept + 1)
      : new LineSplitter(new BlockEvents(mostKept, taker), 'any', mostKept + AROUND_DATA);
  }

  push(chunk: Buffer): void {
    this.lines.push(chunk);
  }

  /** The stream is over. */
  end(): void {
    if (this.isOfLines) this.lines.end();
    else this.lines.free();
  }

  /** No more comes that counts: what is held is freed. */
  free(): void {
    this.lines.free();
  }
}

class BlockEvents implements LineTaker {
  private readonly mostKept: number;
  private readonly taker: EventTaker;
  private isFirstLine = true;
  private hasData = false;
  /** Null once it is too long. */
  private data: string | null = '';
  /** Of `data`, in bytes. */
  private size = 0;

  constructor(mostKept: number, taker: EventTaker) {
    this.mostKept = mostKept;
    this.taker = taker;
  }

  line(memory: Buffer, lineFrom: number, to: number, isCut: boolean): void {
    const from = this.isFirstLine ? behindMark(memory, lineFrom, to) : lineFrom;
    this.isFirstLine = false;
    if (from === to) this.dispatch();
    else if (isDataLine(memory, from, to)) this.add(memory, from + DATA.length + 1, to, isCut);
  }

  /** @param from behind the colon; beyond `to` in a line that is a name alone */
  private add(memory: Buffer, from: number, to: number, isCut: boolean): void {
    const start = from < to && memory[from] === SP ? from + 1 : Math.min(from, to);
    const separator = this.hasData ? 1 : 0;
    this.size += separator + to - start;
    this.hasData = true;
    if (isCut || this.size > this.mostKept) this.data = null;
    if (this.data !== null) this.data += (separator === 0 ? '' : '\n') + memory.toString('utf8', start, to);
  }

  private dispatch(): void {
    if (!this.hasData) return;
    const { data } = this;
    this.hasData = false;
    this.data = '';
    this.size = 0;
    this.taker(data);
  }
}

class LineEvents implements LineTaker {
  private readonly mostKept: number;
  private readonly taker: EventTaker;

  constructor(mostKept: number, taker: EventTaker) {
    this.mostKept = mostKept;
    this.taker = taker;
  }

  line(memory: Buffer, from: number, lineTo: number, isCut: boolean): void {
    const to = !isCut && lineTo > from && memory[lineTo - 1] === CR ? lineTo - 1 : lineTo;
    if (from === to) return;
    this.taker(isCut || to - from > this.mostKept ? null : memory.toString('utf8', from, to));
  }
}

function isDataLine(memory: Buffer, from: number, to: number): boolean {
  const end = from + DATA.length;
  if (end > to || memory[from] !== DATA[0] || memory.compare(DATA, 0, DATA.length, from, end) !== 0) return false;
  return end === to || memory[end] === COLON;
}

function behindMark(memory: Buffer, from: number, to: number): number {
  const end = from + BYTE_ORDER_MARK.length;
  return end <= to && memory.compare(BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length, from, end) === 0 ? end : from;
}
