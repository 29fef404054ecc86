/** A point of a series; null is a gap. */
type SparkPoints = readonly (number | null)[];

export interface SparkArea {
  readonly width: number;
  readonly height: number;
}

/** How large a sparkline is drawn. */
export const SPARK: SparkArea = { width: 104, height: 28 };
const PAD = 2;

/** The greatest point of all series: both versions share one scale. 0 where nothing is known. */
export function sparkTop(...series: readonly SparkPoints[]): number {
  return Math.max(0, ...series.flat().filter((point) => point !== null));
}

/**
 * The path of a series from its oldest point on the left to its newest on the right, and from 0 at the bottom to `top`. A null point is a
 * gap, and a point between two gaps a dash of one pixel. Empty where nothing is known.
 */
export function sparkPath(points: SparkPoints, top: number, { width, height }: SparkArea): string {
  const x = (at: number) => PAD + (at / Math.max(1, points.length - 1)) * (width - 2 * PAD);
  const y = (value: number) => height - PAD - (top === 0 ? 0 : value / top) * (height - 2 * PAD - 1);
  return points
    .map((value, at) => {
      if (value === null) return '';
      const isFirst = at === 0 || points[at - 1] === null;
      const isAlone = isFirst && (points[at + 1] ?? null) === null;
      return `${isFirst ? 'M' : 'L'}${short(x(at))} ${short(y(value))}${isAlone ? 'h1' : ''}`;
    })
    .join('');
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
