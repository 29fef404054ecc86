import { apartLabels, type EndLabel } from './end-labels.ts';
import type { StripScale } from './strip-scales.ts';
import { type StripsPoints, type StripsStory, unbrokenRuns } from './strips-story.ts';
import type { TrailPoint } from './trail-points.ts';

export type StripTone = 'ink' | 'soft' | 'rule' | 'strong' | 'stable' | 'canary' | 'harm' | 'ok' | 'person';

export interface StripLine {
  /** A path of SVG. */
  readonly d: string;
  readonly tone: StripTone;
  readonly width: number;
  readonly dash?: string;
}

/** One quantity on the common axis of time. */
export interface Strip {
  readonly name: string;
  readonly says: string;
  readonly top: number;
  readonly height: number;
  /** Painted below the lines, in the wash of the canary. */
  readonly fill: string | null;
  readonly lines: readonly StripLine[];
  readonly dot: { readonly x: number; readonly y: number; readonly tone: StripTone } | null;
  /** What the floor and the ceiling are. */
  readonly scale: { readonly floor: string; readonly ceiling: string } | null;
  readonly ends: readonly EndLabel[];
  /** Why nothing is drawn; null where something is. */
  readonly absence: string | null;
}

export interface StripsFrame {
  readonly width: number;
  readonly isNarrow: boolean;
  /** The x of the first instant and of the last. */
  readonly left: number;
  readonly right: number;
  readonly x: (at: number) => number;
}

/** What a strip is drawn from, and where. */
export interface StripParts {
  readonly story: StripsStory;
  readonly points: StripsPoints;
  readonly frame: StripsFrame;
  readonly top: number;
}

const EMPTY_HEIGHT = 18;
const LABEL_APART = 14;

/** A tenth of a pixel is enough. */
export const tenths = (value: number) => Number(value.toFixed(1));

export function curves(
  frame: StripsFrame,
  points: readonly TrailPoint[],
  read: (point: TrailPoint) => number | null,
  cuts: readonly number[],
  y: (value: number) => number,
  look: { readonly tone: StripTone; readonly width: number },
): readonly StripLine[] {
  return unbrokenRuns(points, read, cuts).map((run) => {
    const d = run.map(({ point, value }, at) => `${at === 0 ? 'M' : 'L'}${frame.x(point.at)} ${y(value)}`).join('');
    // A single point is a dot: a path without length is not drawn.
    return run.length === 1 ? { tone: look.tone, width: 2 * look.width, d: `${d}h.1` } : { ...look, d };
  });
}

export function heightIn(top: number, height: number, scale: StripScale): (value: number) => number {
  return (value) => tenths(top + height - scale(value) * height);
}

export function floorLine({ left, right }: StripsFrame, y: number): StripLine {
  return { d: `M${left} ${y}H${right}`, tone: 'rule', width: 1 };
}

export function placed(ends: readonly EndLabel[], top: number, height: number): readonly EndLabel[] {
  return apartLabels(ends, LABEL_APART, { top: top - 2, bottom: top + height + 4 });
}

export function without(of: Pick<Strip, 'name' | 'says' | 'top'>, absence: string): Strip {
  return { ...of, height: EMPTY_HEIGHT, fill: null, lines: [], dot: null, scale: null, ends: [], absence };
}
