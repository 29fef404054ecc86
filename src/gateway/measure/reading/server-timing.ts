import type { NoValue } from './answer-tally.ts';

/** Of all lines of the field together: what is behind it is not read. */
const LONGEST_TIMING = 4_096;
/** `name` of a metric, or a parameter `name=value`; a value in quotes may contain a separator (RFC 9110 section 5.6.6). */
const PART = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^,;"\s]*)\s*)?([,;]|$)/y;

/**
 * The `dur` of a metric of `Server-Timing` (https://www.w3.org/TR/server-timing section 4), in ms: of several with this name
 * their sum, as for a database that was asked twice.
 *
 * @example durationIn(['db;dur=53.2;desc="read", app'], 'db') // 53.2
 */
export function durationIn(lines: readonly string[], metric: string): number | NoValue {
  const [only = ''] = lines;
  const all = lines.length > 1 ? lines.join(',') : only;
  const text = all.length > LONGEST_TIMING ? all.slice(0, LONGEST_TIMING) : all;
  let sum: number | null = null;
  let isOfMetric = false;
  let isName = true;
  for (PART.lastIndex = 0; PART.lastIndex < text.length; ) {
    const part = PART.exec(text);
    if (part === null) return sum ?? 'unusable';
    const [, name = '', value, separator] = part;
    if (isName) isOfMetric = name === metric;
    else if (isOfMetric && name.toLowerCase() === 'dur') {
      const ms = Number(unquoted(value ?? ''));
      if (!Number.isFinite(ms) || value === undefined) return 'unusable';
      sum = (sum ?? 0) + ms;
    }
    isName = separator === ',';
  }
  return sum ?? 'missing';
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1) : value;
}
