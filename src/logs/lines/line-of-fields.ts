import type { LineLevel } from '../../stats/logs/log-counts.ts';
import { callOf } from './call.ts';
import { exceptionIn } from './exception.ts';
import { MOST_LINE_FIELDS } from './flat-fields.ts';
import { levelOfNumber, levelOfWord } from './level.ts';
import { lineTime } from './line-time.ts';
import { LONGEST_LOGGER, LONGEST_MESSAGE, type LogLine } from './log-line.ts';

const LEVEL = ['level', 'severity', 'severityText', 'severity_text', 'log.level', 'levelname', 'lvl', 'loglevel'];
const LOGGER = ['logger', 'logger_name', 'loggerName', 'log.logger', 'scope', 'name', 'component'];
const MESSAGE = ['message', 'msg', 'body', 'event', 'log', 'text'];
const TIME = ['time', 'timestamp', '@timestamp', 'ts', 't', 'datetime'];
const VERSION = ['version', 'service.version', 'serin.version', 'app_version', 'appVersion'];
const CLASS = ['exception.type', 'error.type', 'exc_type', 'err.type', 'error.kind', 'error.name', 'exception.class'];
const TRACE = [
  'exception.stacktrace',
  'stack_trace',
  'stacktrace',
  'stack',
  'error.stack',
  'err.stack',
  'error.stack_trace',
  'exc_info',
  'exception',
];

/** Fields that say what the line is, and not something of it: a version that lacks one of them writes in another form. */
const FORM: ReadonlySet<string> = new Set([...LEVEL, ...MESSAGE, ...TIME, ...VERSION]);

/** What is known of a line by the names of its parts. */
export type LineFields = ReadonlyMap<string, unknown>;

export const NO_FIELDS: LineFields = new Map();

/**
 * What a structured line says, by the names that loggers give its parts; null where it has neither a message nor a level.
 *
 * @param around what is known of it besides, as the labels of its stream are: never its message, and what the line says itself comes first
 */
export function lineOfFields(fields: LineFields, around: LineFields = NO_FIELDS): LogLine | null {
  const message = firstText(fields, MESSAGE);
  const level = levelIn(fields) ?? levelIn(around);
  const thrown = thrownIn(fields) ?? thrownIn(around);
  if (message === null && level === null && thrown === null) return null;
  return {
    level: level ?? (thrown === null ? 'info' : 'error'),
    logger: (firstText(fields, LOGGER) ?? loggerIn(around)).slice(0, LONGEST_LOGGER),
    message: messageWith(message ?? '', thrown),
    at: firstTime(fields),
    version: versionIn(around) ?? versionIn(fields),
    fields: namesIn(fields, around),
    fieldValue: (name) => fields.get(name) ?? around.get(name),
    call: callOf((name) => fields.get(name) ?? around.get(name)),
  };
}

/** The names of what says something of a line, and not what the line is; bounded as those of one line. */
export function namesIn(fields: LineFields, around: LineFields): readonly string[] {
  const names = around.size === 0 ? fields.keys() : new Set([...fields.keys(), ...around.keys()]);
  return [...names].filter((name) => !FORM.has(name)).slice(0, MOST_LINE_FIELDS);
}

export function loggerIn(fields: LineFields): string {
  return firstText(fields, LOGGER) ?? '';
}

export function versionIn(fields: LineFields): string | null {
  return firstText(fields, VERSION);
}

function thrownIn(fields: LineFields): string | null {
  const trace = firstText(fields, TRACE);
  return firstText(fields, CLASS) ?? (trace === null ? null : exceptionIn(trace));
}

/** The first line of a message, with the class of the exception that came with it or stands in it. */
export function messageWith(message: string, thrown: string | null): string {
  const end = message.indexOf('\n');
  // Trimmed before it is cut: a cut message is as long as it may be, which its examples go by.
  const first = (end < 0 ? message : message.slice(0, end)).trim().slice(0, LONGEST_MESSAGE);
  const found = thrown ?? (end < 0 ? null : exceptionIn(message));
  return found === null || first.includes(found) ? first : `${first} [${found.slice(0, 100)}]`;
}

export function levelIn(fields: LineFields): LineLevel | null {
  for (const name of LEVEL) {
    const value = fields.get(name);
    if (typeof value === 'number') return levelOfNumber(value);
    const level = typeof value === 'string' ? levelOfWord(value) : null;
    if (level !== null) return level;
  }
  return null;
}

function firstText(fields: LineFields, names: readonly string[]): string | null {
  for (const name of names) {
    const value = fields.get(name);
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

function firstTime(fields: LineFields): number | null {
  for (const name of TIME) {
    const at = lineTime(fields.get(name));
    if (at !== null) return at;
  }
  return null;
}
