import { isRecord } from '../../policy/is-record.ts';
import { LINE_LEVELS, MOST_CALLS, MOST_LOG_FIELDS, MOST_TEMPLATES } from '../../stats/logs/log-counts.ts';
import { isCount, show } from '../shape.ts';

const BOUNDED = [
  { key: 'templates', most: MOST_TEMPLATES },
  { key: 'fields', most: MOST_LOG_FIELDS },
  { key: 'calls', most: MOST_CALLS },
] as const;
const LONGEST_NAME = 2_000;

/** What is wrong with what both versions logged in a block, which may be omitted. */
export function faultOfLogs(logs: unknown, name: string): string | null {
  if (logs === undefined) return null;
  if (!isRecord(logs)) return `${name} is ${show(logs)}, not what both versions logged`;
  const { stable, canary, incomplete, fetched } = logs;
  if (incomplete !== undefined && incomplete !== true) {
    return `${name}.incomplete is ${show(incomplete)}, which can only be true`;
  }
  return (
    faultOfFetch(fetched, `${name}.fetched`) ??
    (stable === null ? null : faultOfVersion(stable, `${name}.stable`)) ??
    (canary === null ? null : faultOfVersion(canary, `${name}.canary`))
  );
}

function faultOfFetch(fetched: unknown, name: string): string | null {
  if (fetched === undefined) return null;
  if (!isRecord(fetched)) return `${name} is ${show(fetched)}, not what the lines are fetched from`;
  const { from, fault } = fetched;
  if (typeof from !== 'string') return `${name}.from is ${show(from)}, not a name`;
  return fault === null || typeof fault === 'string' ? null : `${name}.fault is ${show(fault)}, not a reason or null`;
}

function faultOfVersion(counts: unknown, name: string): string | null {
  if (!isRecord(counts)) return `${name} is ${show(counts)}, not counts of log lines`;
  const { lines, malformed, levels, other } = counts;
  if (!isCount(lines)) return `${name}.lines is ${show(lines)}, not a count`;
  if (!isCount(malformed)) return `${name}.malformed is ${show(malformed)}, not a count`;
  if (!isRecord(levels)) return `${name}.levels is ${show(levels)}, not counts by level`;
  let leveled = 0;
  for (const level of LINE_LEVELS) {
    const count = levels[level];
    if (!isCount(count)) return `${name}.levels.${level} is ${show(count)}, not a count`;
    leveled += count;
  }
  if (leveled > lines) return `${name} has more lines with a level than lines`;
  if (!isRecord(other)) return `${name}.other is ${show(other)}, not counts`;
  for (const { key, most } of BOUNDED) {
    if (!isCount(other[key])) return `${name}.other.${key} is ${show(other[key])}, not a count`;
    const fault = faultOfNamed(counts[key], `${name}.${key}`, most);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfNamed(named: unknown, name: string, most: number): string | null {
  if (!isRecord(named)) return `${name} is ${show(named)}, not counts by name`;
  const entries = Object.entries(named);
  if (entries.length > most) return `${name} has more than ${most} names`;
  for (const [key, count] of entries) {
    if (key.length > LONGEST_NAME) return `${name} has a name of more than ${LONGEST_NAME} characters`;
    if (!isCount(count)) return `${name}[${show(key)}] is ${show(count)}, not a count`;
  }
  return null;
}
