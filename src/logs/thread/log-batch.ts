import { gunzipSync } from 'node:zlib';
import type { LogBook } from '../counting/log-book.ts';
import type { LineFate } from '../counting/outcomes.ts';
import {
  type LineOrigin,
  type LineTeller,
  type LogWayName,
  type PageRead,
  type PageTerms,
  UnreadableBatch,
} from '../ways/way.ts';
import { wayNamed } from '../ways/ways.ts';

/** Of a batch after it is inflated. */
export const MOST_BATCH_BYTES = 16 * 1024 * 1024;

/** Lines that came together. */
export interface LogBatch {
  readonly way: LogWayName;
  readonly bytes: Uint8Array;
  readonly coding: 'identity' | 'gzip';
  /** Whose lines they are, whatever they say; null to go by what they say. */
  readonly route: string | null;
  readonly version: string | null;
  /** Where it is one page of an answer to a question of Serin's own. */
  readonly page?: PageTerms;
}

/** Which routes there are, by name, and by the services whose logs they take. */
export interface LogRoutes {
  readonly names: readonly string[];
  readonly byService: Readonly<Record<string, string>>;
}

export interface BatchReading {
  readonly routes: LogRoutes;
  /** Counts the lines that are read. */
  readonly book: LogBook;
  /** When the batch came, epoch ms. */
  readonly at: number;
  /** Whether the lines of a route are read; those of others are only counted. */
  readonly reads: (route: string) => boolean;
  /** Is told what became of lines; the route is null where there is none such. */
  readonly note: (route: string | null, fate: LineFate, lines: number) => void;
  /** Is told what a page had, where the batch is one. */
  readonly page?: (read: PageRead) => void;
}

/** Throws `UnreadableBatch` before anything is told. */
export function readBatch(batch: LogBatch, plain: Buffer, { routes, book, at, reads, note, page }: BatchReading): void {
  const routeOf = (origin: LineOrigin) => batch.route ?? routeNamed(origin, routes);
  const tell: LineTeller = {
    wants: (origin) => {
      const route = routeOf(origin);
      return route !== null && reads(route);
    },
    line: (line, origin) => {
      const route = routeOf(origin);
      if (route === null) note(null, UNROUTED, 1);
      else note(route, book.add(route, line, batch.version ?? line.version, at), 1);
    },
    fault: (outcome, origin) => {
      const route = routeOf(origin);
      note(route, { outcome, track: null }, 1);
      if (route !== null) book.malformed(route, batch.version, at);
    },
    unread: (lines, origin) => {
      const route = routeOf(origin);
      if (lines > 0) note(route, route === null ? UNROUTED : UNWATCHED, lines);
    },
    ...(page ? { page } : {}),
  };
  wayNamed(batch.way).read(plain, tell, batch.page);
}

const UNROUTED: LineFate = { outcome: 'unrouted', track: null };
const UNWATCHED: LineFate = { outcome: 'unwatched', track: null };

function routeNamed({ route, service }: LineOrigin, { names, byService }: LogRoutes): string | null {
  if (route !== null) return names.includes(route) ? route : null;
  if (service === null) return null;
  if (Object.hasOwn(byService, service)) return byService[service] ?? null;
  return names.includes(service) ? service : null;
}

/** Throws `UnreadableBatch`. */
export function inflatedBatch({ bytes, coding }: LogBatch): Buffer {
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (coding === 'identity') return plain;
  try {
    return gunzipSync(plain, { maxOutputLength: MOST_BATCH_BYTES });
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw new UnreadableBatch(isTooLarge ? `it inflates to more than ${MOST_BATCH_BYTES} bytes` : 'it is no gzip');
  }
}
