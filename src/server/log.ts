import type { Writable } from 'node:stream';
import pino from 'pino';
import { errorFacts, type Log } from '../problem/log.ts';

/** The log of one process: a JSON line for each event, with its level by name and its time in ISO 8601. */
export function jsonLog(out: Writable): Log {
  const logger = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    out,
  );
  return ({ what, level = 'info', error, ...facts }) =>
    logger[level](error === undefined ? facts : { ...facts, error: errorFacts(error) }, what);
}
