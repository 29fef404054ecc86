import type { LineLevel } from '../../stats/logs/log-counts.ts';

const WORDS: Readonly<Record<LineLevel, readonly string[]>> = {
  error: [
    'error',
    'err',
    'erro',
    'eror',
    'e',
    'severe',
    'fatal',
    'ftl',
    'f',
    'critical',
    'crit',
    'alert',
    'emerg',
    'emergency',
    'panic',
    'dpanic',
    'failure',
  ],
  warn: ['warn', 'warning', 'w', 'wrn'],
  info: ['info', 'information', 'informational', 'inf', 'i', 'notice', 'log', 'audit', 'success', 'config'],
  debug: ['debug', 'dbg', 'd', 'trace', 'trc', 'verbose', 'fine', 'finer', 'finest', 'silly'],
};

const LEVEL_OF: ReadonlyMap<string, LineLevel> = new Map(
  (Object.keys(WORDS) as LineLevel[]).flatMap((level) => WORDS[level].map((word) => [word, level] as const)),
);

/** The level that a word means; null for one that means none. OpenTelemetry numbers its own: `ERROR2`. */
export function levelOfWord(word: string): LineLevel | null {
  if (word.length > 20) return null;
  return (
    LEVEL_OF.get(
      word
        .trim()
        .toLowerCase()
        .replace(/[1-4]$/, ''),
    ) ?? null
  );
}

/** OpenTelemetry's severity number, 1 to 24; null for 0, which is unspecified. */
export function levelOfSeverity(number: number): LineLevel | null {
  if (!(number >= 1 && number <= 24)) return null;
  if (number >= 17) return 'error';
  if (number >= 13) return 'warn';
  return number >= 9 ? 'info' : 'debug';
}

/** A number as pino and bunyan write it (10 to 60), or as syslog does (7 down to 0). */
export function levelOfNumber(number: number): LineLevel | null {
  if (!Number.isFinite(number) || number < 0) return null;
  if (number <= 7) {
    if (number <= 3) return 'error';
    return number === 4 ? 'warn' : number === 7 ? 'debug' : 'info';
  }
  if (number >= 50) return 'error';
  if (number >= 40) return 'warn';
  return number >= 30 ? 'info' : 'debug';
}
