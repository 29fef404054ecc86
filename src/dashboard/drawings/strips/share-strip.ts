import { weightText } from '../../words/figures.ts';
import { floorLine, type Strip, type StripParts, tenths, without } from './strip.ts';
import { shareScale } from './strip-scales.ts';
import type { StripsPoints, StripsStory } from './strips-story.ts';

export function shareStrip({ story, points, frame, top }: StripParts): Strip {
  const name = story.split === 'advised' ? 'share, as advised' : 'canary share';
  // A ramp may not have brought it there yet.
  const says = story.split === 'advised' ? '' : 'as ordered';
  const height = 26;
  const changes = shareChanges(story, points);
  const y = (bps: number) => tenths(top + height - shareScale(bps) * (height - 2));
  const last = changes.at(-1);
  if (last === undefined) return without({ name, says, top }, 'no look has been recorded');
  const until = frame.x(story.silence?.from ?? story.to);
  const [first] = changes;
  const d = changes
    .map(({ at, bps }, index) => `${index === 0 ? `M${frame.x(at)} ` : `H${frame.x(at)}V`}${y(bps)}`)
    .join('')
    .concat(`H${until}`);
  return {
    name,
    says,
    top,
    height,
    fill: `${d}V${top + height}H${frame.x(first?.at ?? story.from)}Z`,
    lines: [floorLine(frame, top + height), { d, tone: 'canary', width: 1.5 }],
    dot: null,
    scale: null,
    ends: [{ y: y(last.bps), text: lastShare(last.bps, story), tone: 'canary' }],
    absence: null,
  };
}

/** `13 % of 50 %` during a ramp. */
function lastShare(ordered: number, { inForceBps, end }: StripsStory): string {
  const isBelow = end === null && inForceBps !== null && inForceBps < ordered;
  return isBelow ? `${weightText(inForceBps)} of ${weightText(ordered)}` : weightText(ordered);
}

/** From when on the canary had which share. A change within a look was where the mark of its step is. */
export function shareChanges(
  { marks, end }: StripsStory,
  { looks }: StripsPoints,
): readonly { at: number; bps: number }[] {
  const changes: { at: number; bps: number }[] = [];
  looks.forEach(({ from, at, bps }, index) => {
    if (bps === changes.at(-1)?.bps) return;
    const since = looks[index - 1]?.from ?? from;
    const mark = index === 0 ? undefined : marks.findLast((one) => one.at >= since && one.at <= at);
    changes.push({ at: mark?.at ?? from, bps });
  });
  if (end !== null && changes.length > 0 && end.bps !== changes.at(-1)?.bps) changes.push({ at: end.at, bps: end.bps });
  return changes;
}
