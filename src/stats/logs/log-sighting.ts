import type { SightingName } from '../answers/sighting.ts';
import { LINE_LEVELS, type LineLevel } from './log-counts.ts';

/** What of log lines is remembered for people: lines of a template, of a level, of a call, and those that have a field. */
export type LogSighting =
  | { readonly of: 'template' | 'call' | 'field'; readonly name: string }
  | { readonly of: 'level'; readonly name: LineLevel };

/** @example sightingOfLog({ of: 'call', name: 'http payments.internal' }) // 'log call http payments.internal' */
export function sightingOfLog({ of, name }: LogSighting): SightingName {
  return `log ${of} ${name}`;
}

/** Null for what is no sighting of log lines. */
export function readLogSighting(sighting: SightingName): LogSighting | null {
  const [head, of] = /^log (template|call|field|level) /.exec(sighting) ?? [];
  if (head === undefined) return null;
  const name = sighting.slice(head.length);
  if (of === 'template' || of === 'call' || of === 'field') return { of, name };
  const level = LINE_LEVELS.find((one) => one === name);
  return level === undefined ? null : { of: 'level', name: level };
}
