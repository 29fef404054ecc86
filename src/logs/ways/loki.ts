import { isRecord } from '../../policy/is-record.ts';
import { flatFields } from '../lines/flat-fields.ts';
import type { LineFields } from '../lines/line-of-fields.ts';
import { LONGEST_LINE_BYTES, type LogLine } from '../lines/log-line.ts';
import { BrokenJson, type JsonPart, JsonWalk } from './json-walk.ts';
import { JoinedLines, lineOfText } from './line-of-text.ts';
import { recordBound } from './record-bound.ts';
import { type LineTeller, type LogWay, NO_ORIGIN, type PageTerms, UnreadableBatch } from './way.ts';

/** Names that Loki gives to what OpenTelemetry and other ways call otherwise: a label has neither dots nor a nested name. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([
  ['detected_level', 'level'],
  ['scope_name', 'scope'],
  ...[
    'db.system',
    'db.system.name',
    'error.type',
    'exception.message',
    'exception.stacktrace',
    'exception.type',
    'http.url',
    'log.level',
    'log.logger',
    'peer.service',
    'rpc.service',
    'server.address',
    'service.name',
    'service.version',
    'url.full',
  ].map((name) => [name.replaceAll('.', '_'), name] as const),
]);
/** Of what is parsed at once, the labels of a stream or an entry: it may take thirty times as much once it is parsed. */
const MOST_PARSED_BYTES = 1024 * 1024;
const NANOSECONDS = /^\d{1,19}$/;

interface Entry {
  readonly at: bigint;
  readonly text: string;
  /** Labels, structured metadata, and what the query parsed. */
  readonly around: LineFields;
  readonly labelled: string | null;
}

/**
 * What Loki answers to `query_range` with a query for lines: streams of entries. Of a page that is full the newest instant is left to
 * the next page, which begins with it: so that no line is left out or read twice.
 *
 * Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
 */
export const loki: LogWay = {
  name: 'loki',
  read(bytes, tell, page) {
    let faults = 0;
    const streams = streamsIn(bytes).map((stream) =>
      entriesIn(bytes, stream, page?.versionLabel ?? null, (kind) => {
        faults++;
        tell.fault(kind, NO_ORIGIN);
      }),
    );
    const cut = page === undefined ? WHOLE : cutOf(streams, page, faults);
    let lines = 0;
    for (const entries of streams) {
      const kept = entries.filter(({ at }) => cut.before === null || at < cut.before);
      lines += kept.length;
      if (tell.wants(NO_ORIGIN)) tellAll(kept, tell);
      else if (kept.length > 0) tell.unread(kept.length, NO_ORIGIN);
    }
    tell.page?.({ lines: lines + faults, next: cut.next?.toString() ?? null, isCrowded: cut.isCrowded });
  },
};

interface Cut {
  /** Entries from this on are left to the next page; null for none. */
  readonly before: bigint | null;
  readonly next: bigint | null;
  readonly isCrowded: boolean;
}

const WHOLE: Cut = { before: null, next: null, isCrowded: false };

function cutOf(streams: readonly (readonly Entry[])[], { limit }: PageTerms, faults: number): Cut {
  let [count, first, last] = [faults, null as bigint | null, null as bigint | null];
  for (const { at } of streams.flat()) {
    count++;
    if (first === null || at < first) first = at;
    if (last === null || at > last) last = at;
  }
  if (count < limit || last === null) return WHOLE;
  return first === last
    ? { before: null, next: last + 1n, isCrowded: true }
    : { before: last, next: last, isCrowded: false };
}

/** One stream of an answer: where its labels and its entries are. */
interface StreamParts {
  labels: JsonPart | null;
  entries: JsonPart[] | null;
}

/** Finds the streams without parsing them: what is parsed at once is bounded. */
function streamsIn(bytes: Buffer): readonly StreamParts[] {
  const walk = new JsonWalk(bytes);
  const bound = recordBound();
  const found: StreamParts[] = [];
  const said = { status: null as unknown, resultType: null as unknown, isList: false };
  const stream = () => {
    bound(1);
    const parts: StreamParts = { labels: null, entries: null };
    walk.object((name) => {
      if (name === 'stream') parts.labels = walk.part();
      else if (name !== 'values') walk.part();
      else {
        const entries: JsonPart[] = [];
        walk.list(() => {
          bound(1);
          entries.push(walk.part());
        });
        parts.entries = entries;
      }
    });
    found.push(parts);
  };
  const data = () =>
    walk.object((name) => {
      if (name === 'resultType') said.resultType = parsed(bytes, walk.part());
      else if (name !== 'result') walk.part();
      else {
        said.isList = true;
        walk.list(stream);
      }
    });
  try {
    walk.object((name) => {
      if (name === 'status') said.status = parsed(bytes, walk.part());
      else if (name === 'data') data();
      else walk.part();
    });
    walk.end();
  } catch (error) {
    throw error instanceof BrokenJson ? new UnreadableBatch('it is no JSON') : error;
  }
  if (said.status !== 'success') throw new UnreadableBatch('it is no answer of Loki');
  if (said.resultType !== 'streams') {
    throw new UnreadableBatch('it has figures and no lines: the query has to select lines');
  }
  if (!said.isList) throw new UnreadableBatch('it has no list of streams');
  return found;
}

/** Undefined for what is no JSON, or takes too much to hold. */
function parsed(bytes: Buffer, { start, end }: JsonPart): unknown {
  if (end - start > MOST_PARSED_BYTES) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return undefined;
  }
}

function entriesIn(
  bytes: Buffer,
  stream: StreamParts,
  versionLabel: string | null,
  onFault: (kind: 'malformed' | 'too-long') => void,
): readonly Entry[] {
  const labels = stream.labels === null ? undefined : parsed(bytes, stream.labels);
  if (!isRecord(labels) || stream.entries === null) {
    onFault('malformed');
    return [];
  }
  const around = withOwnNames(flatFields(labels));
  const entries: Entry[] = [];
  for (const part of stream.entries) {
    const value = parsed(bytes, part);
    const [at, text, more]: readonly unknown[] = Array.isArray(value) ? value : [];
    if (typeof at !== 'string' || !NANOSECONDS.test(at) || typeof text !== 'string') {
      onFault(part.end - part.start > MOST_PARSED_BYTES ? 'too-long' : 'malformed');
    } else {
      // Loki puts the metadata of a line among the labels, unless it was asked to keep them apart.
      const own = isRecord(more) ? new Map([...around, ...withOwnNames(flatFields(more))]) : around;
      entries.push({ at: BigInt(at), text, around: own, labelled: labelOf(versionLabel, labels, more) });
    }
  }
  return entries;
}

function labelOf(name: string | null, labels: Readonly<Record<string, unknown>>, more: unknown): string | null {
  if (name === null) return null;
  const value = isRecord(more) && Object.hasOwn(more, name) ? more[name] : Object.hasOwn(labels, name) && labels[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function withOwnNames(labels: LineFields): LineFields {
  const renamed = new Map<string, unknown>();
  for (const [name, value] of labels) {
    const own = OWN_NAMES.get(name);
    if (own === undefined || labels.has(own)) renamed.set(name, value);
    else renamed.set(own, value);
  }
  return renamed;
}

function tellAll(entries: readonly Entry[], tell: LineTeller): void {
  const lines = new JoinedLines(tell);
  for (const entry of entries) {
    if (entry.text.trim() === '') continue;
    const isTooLong = entry.text.length > LONGEST_LINE_BYTES || Buffer.byteLength(entry.text) > LONGEST_LINE_BYTES;
    lines.add(isTooLong ? null : entry.text, (text) => lineOf(text, entry));
  }
  lines.end();
}

function lineOf(text: string, { at, around, labelled }: Entry): LogLine | null {
  const line = lineOfText(text.trimEnd(), around);
  return line && { ...line, at: Number(at / 1_000n) / 1_000, version: labelled ?? line.version };
}
