import { shown } from '../policy/fault.ts';
import { isRecord } from '../policy/is-record.ts';
import type { SeriesPoint, SeriesValue } from '../stats/block.ts';
import { readFields, refuseInput } from './read-value.ts';

/** `{ "cpu": { "stable": 0.41, "canary": [0.44, 0.4] } }`: a number, one for each pod, or null for a missing value. */
export function readSeriesPoints(value: unknown): Readonly<Record<string, SeriesPoint>> {
  if (!isRecord(value)) refuseInput('series must be an object of checks');
  return Object.fromEntries(
    Object.entries(value).map(([check, point]) => {
      const name = `series.${shown(check)}`;
      const { stable, canary } = readFields(point, name, ['stable', 'canary']);
      return [check, { stable: readValue(stable, `${name}.stable`), canary: readValue(canary, `${name}.canary`) }];
    }),
  );
}

function readValue(value: unknown, name: string): SeriesValue {
  if (value === undefined) refuseInput(`${name} is missing: null says that it has no value`);
  if (value === null || isNumber(value)) return value;
  if (!Array.isArray(value) || value.length === 0) refuseInput(`${name} must be a number, a list of numbers or null`);
  const pods: readonly unknown[] = value;
  if (!pods.every(isNumber)) refuseInput(`${name} must be a list of numbers, one for each pod`);
  return pods;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
