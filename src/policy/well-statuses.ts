import { z } from 'zod';
import { saying } from './units.ts';

/** One status, or a class of them. */
export type StatusPattern = number | '2xx' | '3xx' | '4xx' | '5xx';

/** The default healthy statuses of a health request. */
export const DEFAULT_WELL: readonly StatusPattern[] = ['2xx'];

const pattern = z.union(
  [z.int().min(200).max(599), z.literal(['2xx', '3xx', '4xx', '5xx'])],
  saying('must be a status from 200 to 599, or 2xx, 3xx, 4xx or 5xx'),
);

/** `204`, `2xx`, or a list of them. */
export const wellStatuses = z.union([pattern.transform((one) => [one]), z.array(pattern).min(1)]);

export function isWell(status: number, well: readonly StatusPattern[]): boolean {
  return well.some((one) => one === status || one === `${Math.trunc(status / 100)}xx`);
}

/** `2xx`, `200 or 404`. */
export function formatStatuses(well: readonly StatusPattern[]): string {
  return well.join(' or ');
}
