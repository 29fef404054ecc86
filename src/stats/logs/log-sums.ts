import { LINE_LEVELS, type LogCounts, MOST_CALLS, MOST_LOG_FIELDS, MOST_TEMPLATES } from './log-counts.ts';

/** Both together. Names beyond the bounds count as other. */
export function addLogs(one: LogCounts, two: LogCounts): LogCounts {
  const templates = addNamed(one.templates, two.templates, MOST_TEMPLATES);
  const fields = addNamed(one.fields, two.fields, MOST_LOG_FIELDS);
  const calls = addNamed(one.calls, two.calls, MOST_CALLS);
  const [error, warn, info, debug] = LINE_LEVELS.map((level) => one.levels[level] + two.levels[level]);
  return {
    lines: one.lines + two.lines,
    malformed: one.malformed + two.malformed,
    levels: { error: error ?? 0, warn: warn ?? 0, info: info ?? 0, debug: debug ?? 0 },
    templates: templates.sum,
    fields: fields.sum,
    calls: calls.sum,
    other: {
      templates: one.other.templates + two.other.templates + templates.beyond,
      fields: one.other.fields + two.other.fields + fields.beyond,
      calls: one.other.calls + two.other.calls + calls.beyond,
    },
  };
}

// Names are what services write, `constructor` and `__proto__` among them: a plain record would take them for its own.
function addNamed(
  one: Readonly<Record<string, number>>,
  two: Readonly<Record<string, number>>,
  most: number,
): { readonly sum: Readonly<Record<string, number>>; readonly beyond: number } {
  const sum = new Map(Object.entries(one));
  let beyond = 0;
  for (const [name, count] of Object.entries(two)) {
    if (sum.has(name) || sum.size < most) sum.set(name, (sum.get(name) ?? 0) + count);
    else beyond += count;
  }
  return { sum: Object.fromEntries(sum), beyond };
}
