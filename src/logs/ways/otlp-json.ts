import { isRecord } from '../../policy/is-record.ts';
import { BrokenJson, type JsonPart, JsonWalk } from './json-walk.ts';
import { LONGEST_KEY, lineOfOtlp, MOST_ATTRIBUTES, type OtlpOrigin, type OtlpRecord, originOf } from './otlp-record.ts';
import { recordBound } from './record-bound.ts';
import { type LineTeller, type LogWay, UnreadableBatch } from './way.ts';

/** Of what is parsed at once, a record or a resource: it may take thirty times as much once it is parsed. */
const MOST_PARSED_BYTES = 1024 * 1024;

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

/** The records of a scope, in their order; they are parsed one by one. */
interface Scoped {
  readonly origin: OtlpOrigin;
  readonly records: readonly JsonPart[];
}

/** OTLP in JSON (opentelemetry-proto: keys in lowerCamelCase, 64-bit integers as texts, enums as numbers). */
export const otlpJson: LogWay = {
  name: 'otlp-json',
  read(bytes, tell) {
    // What is refused is sent once more: nothing is told before all of it has been found.
    for (const { origin, records } of scopesOf(bytes)) {
      if (!tell.wants(origin)) tell.unread(records.length, origin);
      else for (const record of records) tellOf(bytes, record, origin, tell);
    }
  },
};

function scopesOf(bytes: Buffer): readonly Scoped[] {
  const found: Scoped[] = [];
  const bound = recordBound();
  const walk = new JsonWalk(bytes);
  const resourceLogs = () => {
    bound(1);
    let origin = originOf(NO_ATTRIBUTES);
    const scopes: { name: string; records: JsonPart[] }[] = [];
    walk.object((name) => {
      if (name === 'resource') origin = originOf(attributesOf(shared(bytes, walk.part())));
      else if (name !== 'scopeLogs') walk.part();
      else walk.list(() => scopes.push(scopeLogs(bytes, walk, bound)));
    });
    for (const { name, records } of scopes) found.push({ origin: { ...origin, scope: name }, records });
  };
  try {
    const isObject = walk.object((name) => {
      if (name === 'resourceLogs') walk.list(resourceLogs);
      else walk.part();
    });
    walk.end();
    if (!isObject) throw new UnreadableBatch('it is no ExportLogsServiceRequest');
  } catch (error) {
    throw error instanceof BrokenJson ? new UnreadableBatch('it is no JSON') : error;
  }
  return found;
}

function scopeLogs(bytes: Buffer, walk: JsonWalk, bound: (more: number) => void) {
  bound(1);
  const scoped = { name: '', records: [] as JsonPart[] };
  walk.object((name) => {
    if (name === 'scope') scoped.name = textIn(shared(bytes, walk.part()), 'name');
    else if (name !== 'logRecords') walk.part();
    else {
      walk.list(() => {
        bound(1);
        scoped.records.push(walk.part());
      });
    }
  });
  return scoped;
}

/** Of a resource or scope, whose records mean nothing without it. */
function shared(bytes: Buffer, part: JsonPart): object {
  const value = parsed(bytes, part);
  if (value === 'too-long') throw new UnreadableBatch(`a resource of it has more than ${MOST_PARSED_BYTES} bytes`);
  if (value === 'broken') throw new BrokenJson();
  return isRecord(value) ? value : {};
}

function parsed(bytes: Buffer, { start, end }: JsonPart): unknown {
  if (end - start > MOST_PARSED_BYTES) return 'too-long';
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return 'broken';
  }
}

function textIn(holder: object, name: string): string {
  const value: unknown = Reflect.get(holder, name);
  return typeof value === 'string' ? value : '';
}

function tellOf(bytes: Buffer, part: JsonPart, origin: OtlpOrigin, tell: LineTeller): void {
  const record = parsed(bytes, part);
  const line = isRecord(record) ? lineOf(read(record), origin) : record === 'too-long' ? 'too-long' : null;
  if (line === null) tell.fault('malformed', origin);
  else if (line === 'too-long') tell.fault('too-long', origin);
  else tell.line(line, origin);
}

function lineOf(record: OtlpRecord, origin: OtlpOrigin) {
  return lineOfOtlp(record, origin, (name) => record.attributes.get(name));
}

function read(record: Readonly<Record<string, unknown>>): OtlpRecord {
  const { timeUnixNano, observedTimeUnixNano, severityNumber, severityText, body } = record;
  const attributes = new Map(attributesOf(record));
  return {
    at: timeOf(timeUnixNano) ?? timeOf(observedTimeUnixNano),
    severity: typeof severityNumber === 'number' ? severityNumber : 0,
    severityText: typeof severityText === 'string' ? severityText : '',
    body: bodyOf(body, attributes),
    attributes,
  };
}

/** A body of keys and values has its fields among the attributes. */
function bodyOf(body: unknown, attributes: Map<string, string | number | null>): string {
  if (!isRecord(body)) return '';
  if (typeof body['stringValue'] === 'string') return body['stringValue'];
  const { kvlistValue } = body;
  if (isRecord(kvlistValue)) gather(kvlistValue['values'], attributes);
  return '';
}

function attributesOf(holder: object): ReadonlyMap<string, string | number | null> {
  const found = new Map<string, string | number | null>();
  gather(Reflect.get(holder, 'attributes'), found);
  return found;
}

function gather(list: unknown, found: Map<string, string | number | null>): void {
  if (!Array.isArray(list)) return;
  for (const pair of list) {
    if (found.size >= MOST_ATTRIBUTES) return;
    if (!isRecord(pair)) continue;
    const { key, value } = pair;
    if (typeof key !== 'string' || key.length > LONGEST_KEY || key === '__proto__') continue;
    found.set(key, plainValue(value));
  }
}

function plainValue(value: unknown): string | number | null {
  if (!isRecord(value)) return null;
  const { stringValue, intValue, doubleValue } = value;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof intValue === 'string') return Number(intValue);
  if (typeof intValue === 'number') return intValue;
  return typeof doubleValue === 'number' ? doubleValue : null;
}

/** Nanoseconds as a text or a number; 0 is unknown. */
function timeOf(nanoseconds: unknown): number | null {
  const at = typeof nanoseconds === 'string' || typeof nanoseconds === 'number' ? Number(nanoseconds) / 1e6 : 0;
  return Number.isFinite(at) && at > 0 ? at : null;
}
