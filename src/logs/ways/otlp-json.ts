import { isRecord } from '../../policy/is-record.ts';
import { LONGEST_KEY, lineOfOtlp, MOST_ATTRIBUTES, type OtlpOrigin, type OtlpRecord, originOf } from './otlp-record.ts';
import { recordBound } from './record-bound.ts';
import { type LineTeller, type LogWay, UnreadableBatch } from './way.ts';

/** By brackets and commas. An object of two bytes takes sixty once it is parsed; a batch full of small attributes has 1.7 million values. */
const MOST_VALUES = 2_000_000;
const [OPEN_OBJECT, OPEN_LIST, COMMA] = [0x7b, 0x5b, 0x2c];

/** OTLP in JSON (opentelemetry-proto: keys in lowerCamelCase, 64-bit integers as texts, enums as numbers). */
export const otlpJson: LogWay = {
  name: 'otlp-json',
  read(bytes, tell) {
    const request = parsed(bytes);
    boundRecords(request);
    for (const resource of listIn(request, 'resourceLogs')) {
      const origin = originOf(attributesOf(recordIn(resource, 'resource')));
      for (const scoped of listIn(resource, 'scopeLogs')) {
        const scope = Reflect.get(recordIn(scoped, 'scope'), 'name');
        const of = { ...origin, scope: typeof scope === 'string' ? scope : '' };
        const records = listIn(scoped, 'logRecords');
        if (!tell.wants(of)) tell.unread(records.length, of);
        else for (const record of records) tellOf(record, of, tell);
      }
    }
  },
};

/** Before anything is told: what is refused is sent once more. */
function boundRecords(request: object): void {
  const bound = recordBound();
  for (const resource of listIn(request, 'resourceLogs')) {
    bound(1);
    for (const scoped of listIn(resource, 'scopeLogs')) bound(1 + listIn(scoped, 'logRecords').length);
  }
}

function tellOf(record: unknown, origin: OtlpOrigin, tell: LineTeller): void {
  const line = isRecord(record) ? lineOf(read(record), origin) : null;
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

function parsed(bytes: Buffer): object {
  if (hasTooManyValues(bytes)) throw new UnreadableBatch(`it has more than ${MOST_VALUES} values: send it in parts`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new UnreadableBatch('it is no JSON');
  }
  if (!isRecord(value)) throw new UnreadableBatch('it is no ExportLogsServiceRequest');
  return value;
}

function hasTooManyValues(bytes: Buffer): boolean {
  if (bytes.length <= MOST_VALUES) return false;
  let values = 0;
  for (const byte of bytes) if (byte === OPEN_OBJECT || byte === OPEN_LIST || byte === COMMA) values++;
  return values > MOST_VALUES;
}

function listIn(holder: unknown, name: string): readonly unknown[] {
  const list: unknown = isRecord(holder) ? holder[name] : null;
  return Array.isArray(list) ? list : [];
}

function recordIn(holder: unknown, name: string): object {
  const found: unknown = isRecord(holder) ? holder[name] : null;
  return isRecord(found) ? found : NO_RESOURCE_FIELDS;
}

const NO_RESOURCE_FIELDS = {};
