import { callOf } from '../lines/call.ts';
import { exceptionIn } from '../lines/exception.ts';
import { levelOfSeverity, levelOfWord } from '../lines/level.ts';
import { messageWith } from '../lines/line-of-fields.ts';
import { LONGEST_LINE_BYTES, LONGEST_LOGGER, type LogLine } from '../lines/log-line.ts';
import type { LineOrigin } from './way.ts';

/** What a log record has in either encoding of OTLP. */
export interface OtlpRecord {
  /** Epoch ms; null where it has neither a time of its own nor one at which it was seen. */
  readonly at: number | null;
  /** 0 where it is unspecified. */
  readonly severity: number;
  readonly severityText: string;
  /** Empty where it has none, or one that is no text. */
  readonly body: string;
  /** Keys with values of texts and numbers; null for any other value. Nested objects of the body are among them. */
  readonly attributes: ReadonlyMap<string, string | number | null>;
}

/** What all records of a resource and scope share. */
export interface OtlpOrigin extends LineOrigin {
  readonly version: string | null;
  readonly scope: string;
}

/** Of attributes of one record; what is beyond is not looked at. */
export const MOST_ATTRIBUTES = 256;
export const LONGEST_KEY = 100;

/** The resource's attributes that say whose lines they are. */
export function originOf(attributes: ReadonlyMap<string, string | number | null>): OtlpOrigin {
  const text = (name: string) => {
    const value = attributes.get(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return { route: text('serin.route'), service: text('service.name'), version: text('service.version'), scope: '' };
}

/**
 * Null where it says nothing; `too-long` where its text is longer than a line may be.
 *
 * @param fieldValue what an attribute has: of its own, because of lines that wait until all are read the attributes are not kept
 */
export function lineOfOtlp(
  record: OtlpRecord,
  origin: OtlpOrigin,
  fieldValue: LogLine['fieldValue'],
): LogLine | 'too-long' | null {
  const { at, severity, severityText, body, attributes } = record;
  if (body.length > LONGEST_LINE_BYTES) return 'too-long';
  const text = (name: string) => {
    const value = attributes.get(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const trace = text('exception.stacktrace');
  const thrown = text('exception.type') ?? (trace === null ? null : exceptionIn(trace));
  const message = body === '' ? (text('message') ?? text('event.name') ?? text('exception.message') ?? '') : body;
  const level = levelOfSeverity(severity) ?? levelOfWord(severityText);
  if (message === '' && level === null && thrown === null) return null;
  return {
    level: level ?? (thrown === null ? 'info' : 'error'),
    logger: (text('logger.name') ?? origin.scope).slice(0, LONGEST_LOGGER),
    message: messageWith(message, thrown),
    at,
    version: origin.version,
    fields: [...attributes.keys()],
    fieldValue,
    call: callOf((name) => attributes.get(name)),
  };
}
