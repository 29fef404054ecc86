import { callOf } from '../lines/call.ts';
import { exceptionIn } from '../lines/exception.ts';
import { levelOfWord } from '../lines/level.ts';
import {
  type LineFields,
  levelIn,
  lineOfFields,
  loggerIn,
  messageWith,
  NO_FIELDS,
  namesIn,
  versionIn,
} from '../lines/line-of-fields.ts';
import { lineTime } from '../lines/line-time.ts';
import { LONGEST_LOGGER, type LogLine } from '../lines/log-line.ts';
import { lineOfJson } from './ndjson.ts';
import { type LineTeller, NO_ORIGIN } from './way.ts';

/** What goes on from the line before: the frames of a trace, and what is indented. */
const CONTINUED = /^(?:\s|at |\.{3} \d+ more|Caused by: |Suppressed: |Traceback \(|goroutine \d)/;
const LONGEST_REST = 8_192;
/** A name begins where no other one goes on, so that a long word is not tried from each of its letters. */
const LOGFMT = /(?<![\w.-])([A-Za-z_][\w.-]{0,99})=(?:"((?:[^"\\]|\\.){0,8192})"|(\S{0,2048}))/g;
const TIME = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)\]?\s*/;
const LEVEL = /^(?:\[\s*)?([A-Za-z]{1,10})(?:\s*\])?:?(?=\s|$)/;
/** Behind the level: `[main] pay.Charge - text`, `pay.Charge: text`. */
const LOGGER = /^(?:\[[^\]]{0,100}\]\s+)?([A-Za-z_$][\w.$-]{2,99})(?:\s+-|:)\s+/;

/** Lines of one log in their order, of which some go on from the one before. */
export class JoinedLines {
  private readonly tell: LineTeller;
  private open: { line: LogLine; rest: string } | null = null;

  constructor(tell: LineTeller) {
    this.tell = tell;
  }

  /** @param raw null for one that is too long */
  add(raw: string | null, read: (raw: string) => LogLine | null = lineOfText): void {
    const { open } = this;
    if (raw !== null && CONTINUED.test(raw)) {
      // The line that it belongs to may have come in an earlier batch.
      if (open !== null && open.rest.length < LONGEST_REST) open.rest += `${raw.trimStart()}\n`;
      return;
    }
    this.end();
    const line = raw === null ? null : read(raw);
    if (line === null) this.tell.fault(raw === null ? 'too-long' : 'malformed', NO_ORIGIN);
    else this.open = { line, rest: '' };
  }

  /** After the last one. */
  end(): void {
    if (this.open === null) return;
    const { line, rest } = this.open;
    this.open = null;
    const message = rest === '' ? line.message : messageWith(line.message, exceptionIn(rest));
    this.tell.line({ ...line, message }, NO_ORIGIN);
  }
}

/**
 * A line of JSON, of logfmt (`level=error msg="..."`), or of a time, a level and a text. Null where it is JSON that says nothing.
 *
 * @param around what is known of it besides
 */
export function lineOfText(raw: string, around: LineFields = NO_FIELDS): LogLine | null {
  if (raw.startsWith('{')) return lineOfJson(raw, around);
  const pairs = pairsIn(raw);
  const structured = pairs.has('msg') || pairs.has('message') ? lineOfFields(pairs, around) : null;
  return structured ?? plainLine(raw, around);
}

/** At level `info` where neither a word of a level stands in front nor anything else says one. */
function plainLine(raw: string, around: LineFields): LogLine {
  const time = TIME.exec(raw);
  const behind = raw.slice(time?.[0].length ?? 0);
  const word = LEVEL.exec(behind);
  const level = word?.[1] === undefined || word[1].length < 3 ? null : levelOfWord(word[1]);
  const after = level === null ? behind : behind.slice(word?.[0].length ?? 0).trimStart();
  const logger = level === null ? null : LOGGER.exec(after);
  const message = after.slice(logger?.[0].length ?? 0);
  const thrown = exceptionIn(message);
  return {
    level: level ?? levelIn(around) ?? (thrown === null ? 'info' : 'error'),
    logger: logger?.[1] ?? loggerIn(around).slice(0, LONGEST_LOGGER),
    message: messageWith(message, null),
    at: lineTime(time?.[1]),
    version: versionIn(around),
    fields: namesIn(around, NO_FIELDS),
    fieldValue: (name) => around.get(name),
    call: callOf((name) => around.get(name)),
  };
}

function pairsIn(raw: string): LineFields {
  const found = new Map<string, unknown>();
  for (const [, name = '', quoted, bare] of raw.matchAll(LOGFMT)) {
    if (found.size >= 256) break;
    if (name !== '__proto__')
      found.set(name, quoted?.replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)) ?? bare);
  }
  return found;
}
