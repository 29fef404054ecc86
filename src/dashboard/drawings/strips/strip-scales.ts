/** A value to a height in a strip: 0 is its floor, 1 its ceiling. What lies beyond is drawn at the edge. */
export type StripScale = (value: number) => number;

const clamped = (value: number) => Math.min(1, Math.max(0, value));

/** A share in basis points by its square root: 1 % is to be seen beside 100 %. */
export const shareScale: StripScale = (bps) => Math.sqrt(clamped(bps / 10_000));

/** Evidence below a thirteenth is no evidence like any other: it is drawn on the floor. */
const LEAST_LOG_EVIDENCE = -2.6;
/** What has to have room above the highest line, and what evidence may take in lines before it is cut. */
const ROOM_ABOVE = 1.1;
const MOST_TIMES_THE_LINE = 3;

export interface EvidenceScale {
  readonly scale: StripScale;
  /** The log evidence at the floor and at the ceiling. */
  readonly low: number;
  readonly high: number;
}

/** Log evidence, with the lines that decide and all that was seen, up to three times the highest line. */
export function evidenceScale(seen: readonly (number | null)[], lines: readonly (number | null)[]): EvidenceScale {
  const highest = Math.max(Math.log(20), ...lines.map((line) => line ?? 0));
  const most = Math.max(...seen.map((log) => log ?? 0), 0);
  const [low, high] = [
    LEAST_LOG_EVIDENCE,
    Math.max(highest + ROOM_ABOVE, Math.min(most, highest * MOST_TIMES_THE_LINE)),
  ];
  return { scale: (log) => clamped((log - low) / (high - low)), low, high };
}

const NICE = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The least round number at or above `value`: `0.63` -> `0.8`. `whenNone` where nothing is above zero. */
export function roundedUp(value: number, whenNone: number): number {
  if (!(value > 0)) return whenNone;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = NICE.find((nice) => nice * power >= value * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(3));
}

/** From zero to `top`. */
export function fromZero(top: number): StripScale {
  return (value) => clamped(value / top);
}
