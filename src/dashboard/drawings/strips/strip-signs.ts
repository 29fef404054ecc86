import { type TimeZone, timeText } from '../../words/time-zone.ts';
import type { StripsFrame } from './strip.ts';
import type { StripMark } from './strip-marks.ts';
import type { StripsStory } from './strips-story.ts';
import { axisTicks, instantWithin } from './time-axis.ts';

/** A text at a line through all strips or below them. */
export interface PlacedSign {
  readonly x: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly text: string;
}

/** A mark with its label, or without where that would lie upon another. */
export interface PlacedMark extends StripMark {
  readonly x: number;
  readonly sign: PlacedSign | null;
}

/** Of 12 px sans, on average; labels are placed before they can be measured. */
const LETTER_PX = 6.6;
const GAP_PX = 6;
const KINDS: readonly StripMark['kind'][] = ['end', 'step', 'person'];

/**
 * The marks from left to right. Of labels that do not fit the end's is kept, then those of steps, and of these the later: it is the share
 * that holds from there on. A step's label never lies to the left of its mark, where it would name the share before.
 */
export function placedMarks({ marks, end }: StripsStory, { x, right, width }: StripsFrame): readonly PlacedMark[] {
  const all =
    end === null ? marks : [...marks, { at: end.at, kind: 'end' as const, label: end.label, says: end.label }];
  const taken: [number, number][] = [];
  const isFree = (from: number, to: number) =>
    taken.every(([low, high]) => to + GAP_PX <= low || from >= high + GAP_PX);
  const placed = KINDS.flatMap((kind) => latestFirst(all.filter((mark) => mark.kind === kind))).map(
    (mark): PlacedMark => {
      const [at, length] = [x(mark.at), mark.label.length * LETTER_PX];
      const sides = [
        { anchor: 'start', text: at + 3, from: at + 3, to: at + 3 + length },
        { anchor: 'end', text: at - 3, from: at - 3 - length, to: at - 3 },
      ] as const;
      const side = sides.find(
        ({ anchor, from, to }) =>
          !(mark.kind === 'step' && anchor === 'end') && from >= 0 && to <= Math.max(width, right) && isFree(from, to),
      );
      if (side === undefined || mark.label === '') return { ...mark, x: at, sign: null };
      taken.push([side.from, side.to]);
      return { ...mark, x: at, sign: { x: side.text, anchor: side.anchor, text: mark.label } };
    },
  );
  return placed.toSorted((one, other) => one.at - other.at);
}

function latestFirst(marks: readonly StripMark[]): readonly StripMark[] {
  return marks.toSorted((one, other) => other.at - one.at);
}

const TICK_PX = { wide: 90, narrow: 72 };

/** Round times below the strips, and the exact time of the end, which has the right of way. */
export function placedTicks(
  story: StripsStory,
  { x, left, right, isNarrow }: StripsFrame,
  zone: TimeZone,
): readonly PlacedSign[] {
  const px = isNarrow ? TICK_PX.narrow : TICK_PX.wide;
  const last = story.end === null ? null : { x: x(story.end.at), text: timeText(story.end.at, zone) };
  const ticks = axisTicks(story.from, story.to, Math.max(1, (right - left) / px), zone)
    .map(({ at, label }): PlacedSign => ({ x: x(at), anchor: 'middle', text: label }))
    .filter((tick) => last === null || last.x - tick.x >= (px * 2) / 3)
    .map((tick) => (tick.x < left + 16 && isNarrow ? { ...tick, anchor: 'start' as const } : tick));
  return last === null ? ticks : [...ticks, { ...last, anchor: 'middle' }];
}

/** The x of the time that a pointer is at, as the number of the nearest piece; null where there is none. */
export function nearestPiece(ends: readonly number[], at: number): number | null {
  let nearest: number | null = null;
  ends.forEach((end, index) => {
    if (nearest === null || Math.abs(end - at) < Math.abs((ends[nearest] ?? 0) - at)) nearest = index;
  });
  return nearest;
}

/** What a key does to the place of the crosshair; undefined for a key that does nothing. Null is no crosshair. */
export function movedBy(key: string, place: number | null, count: number): number | null | undefined {
  const step = STEPS[key];
  if (count === 0) return undefined;
  if (key === 'Escape') return null;
  if (step === undefined) return undefined;
  const from = place ?? (step < 0 ? count : -1);
  return Math.min(count - 1, Math.max(0, from + step));
}

const STEPS: Readonly<Record<string, number | undefined>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** When the piece under the crosshair ended. */
export function crosshairTime(at: number, story: StripsStory, zone: TimeZone): string {
  return `${instantWithin(at, story, zone)}${zone.name === 'UTC' ? ' UTC' : ''}`;
}
