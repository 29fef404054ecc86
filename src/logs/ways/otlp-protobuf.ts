import { BinaryReader } from '@bufbuild/protobuf/wire';
import { LONGEST_LINE_BYTES, type LogLine } from '../lines/log-line.ts';
import { LONGEST_KEY, lineOfOtlp, MOST_ATTRIBUTES, type OtlpOrigin, type OtlpRecord, originOf } from './otlp-record.ts';
import { recordBound } from './record-bound.ts';
import { type LineTeller, type LogWay, UnreadableBatch } from './way.ts';

/**
 * OTLP in protobuf, by the field numbers of opentelemetry-proto (`logs/v1/logs.proto`, stable since 1.0): a handful of messages of fixed
 * depth, so no text of an attacker's can nest. What is not asked for is skipped.
 */
export const otlpProtobuf: LogWay = {
  name: 'otlp-protobuf',
  read(bytes, tell) {
    // What breaks off is refused as a whole, and sent once more it would count twice: nothing is told before all records have been found.
    for (const { origin, records } of scopesOf(bytes)) {
      if (!tell.wants(origin)) tell.unread(records.length, origin);
      else for (const record of records) tellOf(record, origin, tell);
    }
  },
};

type Attributes = Map<string, string | number | null>;
/** By field number: reads the value of the field. */
type FieldReaders = Readonly<Record<number, (reader: BinaryReader) => void>>;

/** The records of a scope, in their order; they are read one by one, and none of them is held. */
interface Scoped {
  readonly origin: OtlpOrigin;
  readonly records: readonly Uint8Array[];
}

/** Reads the fields of a message that are asked for, and skips the others. */
function each(bytes: Uint8Array, readers: FieldReaders): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const read = readers[field];
    if (read) read(reader);
    else reader.skip(wire, field);
  }
}

function scopesOf(bytes: Uint8Array): readonly Scoped[] {
  const found: Scoped[] = [];
  const bound = recordBound();
  try {
    each(bytes, { 1: (reader) => found.push(...resourceLogs(reader.bytes(), bound)) });
  } catch (error) {
    if (error instanceof UnreadableBatch) throw error;
    throw new UnreadableBatch('it is no protobuf of an ExportLogsServiceRequest');
  }
  return found;
}

function resourceLogs(bytes: Uint8Array, bound: (more: number) => void): readonly Scoped[] {
  bound(1);
  const attributes: Attributes = new Map();
  const scopes: Uint8Array[] = [];
  each(bytes, {
    1: (reader) => pairsIn(reader.bytes(), attributes),
    2: (reader) => {
      bound(1);
      scopes.push(reader.bytes());
    },
  });
  const origin = originOf(attributes);
  return scopes.map((scope) => scopeLogs(scope, origin, bound));
}

function scopeLogs(bytes: Uint8Array, origin: OtlpOrigin, bound: (more: number) => void): Scoped {
  let scope = '';
  const records: Uint8Array[] = [];
  each(bytes, {
    1: (reader) => {
      scope = scopeName(reader.bytes());
    },
    2: (reader) => {
      bound(1);
      records.push(reader.bytes());
    },
  });
  return { origin: { ...origin, scope }, records };
}

function tellOf(record: Uint8Array, origin: OtlpOrigin, tell: LineTeller): void {
  const line = lineOfRecord(record, origin);
  if (line === null || line === 'too-long') tell.fault(line ?? 'malformed', origin);
  else tell.line(line, origin);
}

function lineOfRecord(record: Uint8Array, origin: OtlpOrigin): LogLine | 'too-long' | null {
  try {
    return lineOfOtlp(recordOf(record), origin, (name) => recordOf(record).attributes.get(name));
  } catch {
    return null;
  }
}

function scopeName(bytes: Uint8Array): string {
  let name = '';
  each(bytes, {
    1: (reader) => {
      name = textOf(reader.bytes());
    },
  });
  return name;
}

function recordOf(bytes: Uint8Array): OtlpRecord {
  const attributes: Attributes = new Map();
  const record = { time: 0, observed: 0, severity: 0, severityText: '', body: '' };
  each(bytes, {
    1: (reader) => {
      record.time = Number(reader.fixed64());
    },
    2: (reader) => {
      record.severity = reader.int32();
    },
    3: (reader) => {
      record.severityText = textOf(reader.bytes());
    },
    5: (reader) => {
      record.body = bodyOf(reader.bytes(), attributes);
    },
    6: (reader) => pair(reader.bytes(), attributes),
    11: (reader) => {
      record.observed = Number(reader.fixed64());
    },
  });
  const { time, observed, ...rest } = record;
  const at = (time || observed) / 1e6;
  return { ...rest, at: at > 0 ? at : null, attributes };
}

/** An AnyValue: its text, or the pairs of its list of keys and values among the attributes. */
function bodyOf(bytes: Uint8Array, attributes: Attributes): string {
  let body = '';
  each(bytes, {
    1: (reader) => {
      body = textOf(reader.bytes());
    },
    6: (reader) => pairsIn(reader.bytes(), attributes),
  });
  return body;
}

/** A Resource, or a KeyValueList: both have their pairs in the first field. */
function pairsIn(bytes: Uint8Array, found: Attributes): void {
  each(bytes, { 1: (reader) => pair(reader.bytes(), found) });
}

/** A KeyValue. */
function pair(bytes: Uint8Array, found: Attributes): void {
  if (found.size >= MOST_ATTRIBUTES) return;
  const read: { key: string; value: string | number | null } = { key: '', value: null };
  each(bytes, {
    1: (reader) => {
      read.key = textOf(reader.bytes());
    },
    2: (reader) => {
      read.value = plainValue(reader.bytes());
    },
  });
  const { key, value } = read;
  if (key !== '' && key.length <= LONGEST_KEY && key !== '__proto__') found.set(key, value);
}

function plainValue(bytes: Uint8Array): string | number | null {
  const read: { value: string | number | null } = { value: null };
  each(bytes, {
    1: (reader) => {
      read.value = textOf(reader.bytes());
    },
    3: (reader) => {
      read.value = Number(reader.int64());
    },
    4: (reader) => {
      read.value = reader.double();
    },
  });
  return read.value;
}

/** One byte more than a line may have, of a longer one. Invalid UTF-8 is replaced: a line is counted all the same. */
function textOf(bytes: Uint8Array): string {
  const { buffer, byteOffset, length } = bytes;
  return Buffer.from(buffer, byteOffset, Math.min(length, LONGEST_LINE_BYTES + 1)).toString('utf8');
}
