import { faultOfLogs } from '../judge/contract/log-fault.ts';
import { shown } from '../policy/fault.ts';
import { isRecord } from '../policy/is-record.ts';
import { LINE_LEVELS, type LogCounts, type LogFetch, type LogPair } from '../stats/logs/log-counts.ts';
import { readCount, readFields, refuseInput } from './read-value.ts';

const KEYS = ['lines', 'malformed', 'levels', 'templates', 'fields', 'calls', 'other'];

/** What both versions logged, in a line of the input of `serin judge`; null says that nothing of a version came, `incomplete` that lines are missing. */
export function readLogs(value: unknown): LogPair {
  const { stable, canary, incomplete, fetched } = readFields(value, 'logs', [
    'stable',
    'canary',
    'incomplete',
    'fetched',
  ]);
  const logs = {
    stable: readVersion(stable, 'logs.stable'),
    canary: readVersion(canary, 'logs.canary'),
    ...(incomplete === undefined ? {} : { incomplete }),
    ...(fetched === undefined ? {} : { fetched: readFetch(fetched) }),
  };
  const fault = faultOfLogs(logs, 'logs');
  if (fault !== null) refuseInput(fault);
  return logs as LogPair;
}

function readFetch(value: unknown): LogFetch {
  const { from, fault = null } = readFields(value, 'logs.fetched', ['from', 'fault']);
  if (typeof from !== 'string') refuseInput('logs.fetched.from must be the name of what the lines are fetched from');
  if (fault !== null && typeof fault !== 'string') refuseInput('logs.fetched.fault must be a reason, or null');
  return { from, fault };
}

/** `{ "lines": 20, "levels": { "error": 1 }, "templates": { "error pay: <*> declined": 1 } }`: what is left out is 0. */
function readVersion(value: unknown, name: string): LogCounts | null {
  if (value === null) return null;
  if (value === undefined) refuseInput(`${name} is missing: null says that nothing of it came`);
  const fields = readFields(value, name, KEYS);
  const levels = readFields(fields['levels'] ?? {}, `${name}.levels`, LINE_LEVELS);
  const other = readFields(fields['other'] ?? {}, `${name}.other`, ['templates', 'fields', 'calls']);
  const count = (given: unknown, at: string) => (given === undefined ? 0 : readCount(given, `${name}.${at}`));
  return {
    lines: readCount(fields['lines'], `${name}.lines`),
    malformed: count(fields['malformed'], 'malformed'),
    levels: {
      error: count(levels['error'], 'levels.error'),
      warn: count(levels['warn'], 'levels.warn'),
      info: count(levels['info'], 'levels.info'),
      debug: count(levels['debug'], 'levels.debug'),
    },
    templates: readNamed(fields['templates'] ?? {}, `${name}.templates`),
    fields: readNamed(fields['fields'] ?? {}, `${name}.fields`),
    calls: readNamed(fields['calls'] ?? {}, `${name}.calls`),
    other: {
      templates: count(other['templates'], 'other.templates'),
      fields: count(other['fields'], 'other.fields'),
      calls: count(other['calls'], 'other.calls'),
    },
  };
}

function readNamed(value: unknown, name: string): Readonly<Record<string, number>> {
  if (!isRecord(value)) refuseInput(`${name} must be an object of counts by name`);
  return Object.fromEntries(
    Object.entries(value).map(([key, given]) => [key, readCount(given, `${name}[${shown(key)}]`)]),
  );
}
