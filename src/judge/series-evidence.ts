import type { Block, SeriesPoint, SeriesValue } from '../stats/block.ts';

type Series = NonNullable<Block['series']>;

/** Nothing that people measure is larger, and the sums of such numbers are finite. */
const LARGEST = 1e100;
const MOST_PODS = 1_000;

/** The points of a block by check, with null in place of whatever is no finite number: it is missing, and never 0. */
export function readSeries(series: Readonly<Record<string, unknown>>): Series {
  return Object.fromEntries(Object.entries(series).map(([name, point]) => [name, readPoint(point)]));
}

function readPoint(point: unknown): SeriesPoint {
  const { stable, canary }: { stable?: unknown; canary?: unknown } = Object(point);
  return { stable: readValue(stable), canary: readValue(canary) };
}

function readValue(value: unknown): SeriesValue {
  if (!Array.isArray(value)) return numberOf(value);
  const pods = (value as readonly unknown[]).slice(0, MOST_PODS + 1).map(numberOf);
  const known = pods.filter((pod) => pod !== null);
  return pods.length > 0 && pods.length <= MOST_PODS && known.length === pods.length ? known : null;
}

// Zero has one sign here, as it has in JSON.
function numberOf(value: unknown): number | null {
  if (typeof value !== 'number' || !(Math.abs(value) <= LARGEST)) return null;
  return value === 0 ? 0 : value;
}
