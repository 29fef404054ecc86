export const LINE_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export type LineLevel = (typeof LINE_LEVELS)[number];

/** What one version logged, in one block. */
export interface LogCounts {
  /** Lines that could be read. */
  readonly lines: number;
  readonly malformed: number;
  readonly levels: Readonly<Record<LineLevel, number>>;
  /** Lines by template: its level, its logger and the text with `<*>` for what varies: `error pay.Charge: card <*> declined`. */
  readonly templates: Readonly<Record<string, number>>;
  /** Lines by the names of the fields that they have. */
  readonly fields: Readonly<Record<string, number>>;
  /** Calls of other services: `http payments.internal`, `db postgresql`, `rpc users.Users`. */
  readonly calls: Readonly<Record<string, number>>;
  /** What is beyond the bounds of each. */
  readonly other: { readonly templates: number; readonly fields: number; readonly calls: number };
}

/** What lines of a route are fetched from. */
export interface LogFetch {
  /** As sentences name it: `Loki`. */
  readonly from: string;
  /** Why its lines cannot be fetched, in a clause that names it; null while they can. */
  readonly fault: string | null;
}

/** Of one version null: nothing of it has come, which is not the same as no lines of one whose sender is there. */
export interface LogPair {
  readonly stable: LogCounts | null;
  readonly canary: LogCounts | null;
  /** Lines that were written in the block were not read, of whichever version; omitted where all were. */
  readonly incomplete?: true;
  /** Omitted where the lines are only sent. */
  readonly fetched?: LogFetch;
}

/** Of one version in one block. */
export const MOST_TEMPLATES = 500;
export const MOST_LOG_FIELDS = 200;
export const MOST_CALLS = 100;

/** Of a version that is heard of and had nothing to say. */
export const NO_LINES: LogCounts = {
  lines: 0,
  malformed: 0,
  levels: { error: 0, warn: 0, info: 0, debug: 0 },
  templates: {},
  fields: {},
  calls: {},
  other: { templates: 0, fields: 0, calls: 0 },
};
