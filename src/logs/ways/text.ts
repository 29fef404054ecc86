import { exceptionIn } from '../lines/exception.ts';
import { levelOfWord } from '../lines/level.ts';
import { lineOfFields, messageWith } from '../lines/line-of-fields.ts';
import { lineTime } from '../lines/line-time.ts';
import type { LogLine } from '../lines/log-line.ts';
import { lineOfJson } from './ndjson.ts';
import { linesIn, textLines } from './text-lines.ts';
import { type LogWay, NO_ORIGIN } from './way.ts';

/** What goes on from the line before: the frames of a trace, and what is indented. */
const CONTINUED = /^(?:\s|at |\.{3} \d+ more|Caused by: |Suppressed: |Traceback \(|goroutine \d)/;
/** A name begins where no other one goes on, so that a long word is not tried from each of its letters. */
const LOGFMT = /(?<![\w.-])([A-Za-z_][\w.-]{0,99})=(?:"((?:[^"\\]|\\.){0,8192})"|(\S{0,2048}))/g;
const TIME = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)\]?\s*/;
const LEVEL = /^(?:\[\s*)?([A-Za-z]{1,10})(?:\s*\])?:?(?=\s|$)/;
/** Behind the level: `[main] pay.Charge - text`, `pay.Charge: text`. */
const LOGGER = /^(?:\[[^\]]{0,100}\]\s+)?([A-Za-z_$][\w.$-]{2,99})(?:\s+-|:)\s+/;

/** Lines of text as files have them: JSON, logfmt (`level=error msg="..."`), or a time, a level and a text. */
export const textFiles: LogWay = {
  name: 'text',
  read(bytes, tell) {
    if (!tell.wants(NO_ORIGIN)) return tell.unread(linesIn(bytes), NO_ORIGIN);
    let open: { line: LogLine; rest: string } | null = null;
    const close = () => {
      if (open === null) return;
      const { line, rest } = open;
      const message = rest === '' ? line.message : messageWith(line.message, exceptionIn(rest));
      tell.line({ ...line, message }, NO_ORIGIN);
      open = null;
    };
    for (const raw of textLines(bytes)) {
      if (raw === null) {
        close();
        tell.fault('too-long', NO_ORIGIN);
      } else if (CONTINUED.test(raw)) {
        // The line that it belongs to may have come in an earlier batch.
        if (open !== null && open.rest.length < 8_192) open.rest += `${raw.trimStart()}\n`;
      } else {
        close();
        const line = lineOfText(raw);
        if (line === null) tell.fault('malformed', NO_ORIGIN);
        else open = { line, rest: '' };
      }
    }
    close();
  },
};

function lineOfText(raw: string): LogLine | null {
  if (raw.startsWith('{')) return lineOfJson(raw);
  const pairs = pairsIn(raw);
  const structured = pairs.has('msg') || pairs.has('message') ? lineOfFields(pairs) : null;
  return structured ?? plainLine(raw);
}

/** At level `info` where no word of a level stands in front. */
function plainLine(raw: string): LogLine {
  const time = TIME.exec(raw);
  const behind = raw.slice(time?.[0].length ?? 0);
  const word = LEVEL.exec(behind);
  const level = word?.[1] === undefined || word[1].length < 3 ? null : levelOfWord(word[1]);
  const after = level === null ? behind : behind.slice(word?.[0].length ?? 0).trimStart();
  const logger = level === null ? null : LOGGER.exec(after);
  const message = after.slice(logger?.[0].length ?? 0);
  const thrown = exceptionIn(message);
  return {
    level: level ?? (thrown === null ? 'info' : 'error'),
    logger: logger?.[1] ?? '',
    message: messageWith(message, null),
    at: lineTime(time?.[1]),
    version: null,
    fields: [],
    fieldValue: () => undefined,
    call: null,
  };
}

function pairsIn(raw: string): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [, name = '', quoted, bare] of raw.matchAll(LOGFMT)) {
    if (found.size >= 256) break;
    if (name !== '__proto__')
      found.set(name, quoted?.replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)) ?? bare);
  }
  return found;
}
