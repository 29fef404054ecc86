import type { LogLine } from '../lines/log-line.ts';

/** Where a line is from, as far as its own batch says. */
export interface LineOrigin {
  /** The route, by `serin.route`; null where nothing says. */
  readonly route: string | null;
  /** `service.name`; null where nothing says. */
  readonly service: string | null;
}

/** Is told of what a batch has, in its order. */
export interface LineTeller {
  /** Whether anybody needs the lines of an origin: of others it is enough to tell how many there are. */
  wants(origin: LineOrigin): boolean;
  line(line: LogLine, origin: LineOrigin): void;
  /** What could not be read, and why it is left out. */
  fault(kind: 'malformed' | 'too-long', origin: LineOrigin): void;
  /** Lines that nobody needs, and that were not read. */
  unread(lines: number, origin: LineOrigin): void;
  /** Once, where the batch is a page that was asked for. */
  page?(read: PageRead): void;
}

/** What was asked for where a batch is one page of an answer. */
export interface PageTerms {
  /** It has no more lines than this. */
  readonly limit: number;
  /** Which label of a line names its version; null for the usual names. */
  readonly versionLabel: string | null;
  /** It is asked for to see whether any come: the same lines may come again. */
  readonly isSample?: true;
}

/** What a page had. */
export interface PageRead {
  readonly lines: number;
  /** From when on the next page begins, in ns; null where this was the last. */
  readonly next: string | null;
  /** Whether lines of one instant filled it alone: there may be more of that instant, and no page would have them. */
  readonly isCrowded: boolean;
}

/**
 * One form in which logs come in. Faults of lines are told and never thrown; throws `UnreadableBatch` where nothing of a batch can be
 * read.
 */
export interface LogWay {
  readonly name: LogWayName;
  read(bytes: Buffer, tell: LineTeller, page?: PageTerms): void;
}

export type LogWayName = 'ndjson' | 'otlp-json' | 'otlp-protobuf' | 'text' | 'loki';

/** Its message is for the sender: one clause that quotes nothing of the batch. */
export class UnreadableBatch extends Error {}

export const NO_ORIGIN: LineOrigin = { route: null, service: null };
