import { harmStrip, parityStrip } from './evidence-strips.ts';
import { shareStrip } from './share-strip.ts';
import { type Strip, type StripsFrame, tenths } from './strip.ts';
import type { StripsPoints, StripsStory } from './strips-story.ts';
import { errorStrip, p99Strip } from './versions-strips.ts';

export interface StripsLayout {
  readonly frame: StripsFrame;
  readonly strips: readonly Strip[];
  readonly top: number;
  readonly bottom: number;
  readonly height: number;
}

/** Below this width the names stand above the strips, and the labels are short. */
const NARROW_BELOW = 560;
const AXIS_HEIGHT = 24;

export function stripsFrame({ from, to }: StripsStory, width: number): StripsFrame {
  const isNarrow = width < NARROW_BELOW;
  const [left, right] = isNarrow ? [0, width - 62] : [164, width - 132];
  const x = (at: number) =>
    tenths(left + Math.min(1, Math.max(0, (at - from) / Math.max(1, to - from))) * (right - left));
  return { width, isNarrow, left, right, x };
}

/** Everything that is drawn, for a drawing of that width in pixels. */
export function stripsLayout(story: StripsStory, points: StripsPoints, width: number): StripsLayout {
  const frame = stripsFrame(story, width);
  const parts = { story, points, frame };
  const draw = [shareStrip, harmStrip, parityStrip, errorStrip, p99Strip];
  const top = frame.isNarrow ? 16 : 20;
  let y = top;
  const strips = draw.map((strip) => {
    if (frame.isNarrow) y += 16;
    const drawn = strip({ ...parts, top: y });
    y += drawn.height + (frame.isNarrow ? 12 : drawn.absence === null ? 22 : 16);
    return drawn;
  });
  const bottom = y - (frame.isNarrow ? 4 : 12);
  return { frame, strips, top: top - 4, bottom, height: bottom + AXIS_HEIGHT };
}
