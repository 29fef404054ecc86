import { grouped, latency, percent, times, weightText } from '../../words/figures.ts';
import type { TimeZone } from '../../words/time-zone.ts';
import { shareChanges } from './share-strip.ts';
import type { StripsPoints, StripsStory } from './strips-story.ts';
import { instantWithin } from './time-axis.ts';
import type { TrackPoint, TrailPoint } from './trail-points.ts';

/** One quantity at one time. */
export interface StripFigure {
  readonly name: string;
  readonly says: string;
}

const UNKNOWN = 'not known';

/** What all strips show of a piece of time, and what happened in it. */
export function figuresIn(piece: TrailPoint, story: StripsStory): readonly StripFigure[] {
  const { bps, logHarm, logParity, canary, stable } = piece;
  return [
    { name: story.split === 'advised' ? 'advised share' : 'ordered canary share', says: weightText(bps) },
    { name: 'evidence of harm', says: evidenceText(logHarm) },
    { name: 'evidence of parity', says: evidenceText(logParity) },
    { name: 'errors', says: versions(canary, stable, errorsIn) },
    { name: 'p99', says: versions(canary, stable, p99In) },
    ...happenedIn(piece, story).map((says) => ({ name: 'here', says })),
  ];
}

/** What happened in a piece of time; the end lies after the last look, and belongs to it. */
export function happenedIn({ from, at }: TrailPoint, { trail, marks, end, paused }: StripsStory): readonly string[] {
  const isLast = at === trail.at.at(-1);
  const within = (when: number) => when > from && (when <= at || isLast);
  const isPaused = paused.some((time) => time.from <= at && (time.to === null || time.to > from));
  return [
    ...(isPaused ? ['paused'] : []),
    ...marks.filter((mark) => within(mark.at)).map(({ says }) => says),
    ...(end !== null && within(end.at) ? [end.label] : []),
  ];
}

export function evidenceText(log: number | null): string {
  return log === null ? UNKNOWN : times(log);
}

function versions(
  canary: TrackPoint | null,
  stable: TrackPoint | null,
  say: (track: TrackPoint | null) => string,
): string {
  return `canary ${say(canary)}, stable ${say(stable)}`;
}

/** `0.18 % (2 of 1,110)` */
export function errorsIn(track: TrackPoint | null): string {
  if (track === null) return UNKNOWN;
  return track.n === 0 ? 'no requests' : `${percent(track.x / track.n)} (${grouped(track.x)} of ${grouped(track.n)})`;
}

export function p99In(track: TrackPoint | null): string {
  if (track?.n === 0) return 'no requests';
  return track === null || track.p99 === null ? UNKNOWN : latency(track.p99);
}

/** The drawing in sentences, for those who do not see it. */
export function stripsSummary(story: StripsStory, { looks, pieces }: StripsPoints, zone: TimeZone): string {
  const time = (at: number) => instantWithin(at, story, zone);
  const last = pieces.at(-1);
  if (last === undefined) return 'No look has been recorded.';
  const shares = shareChanges({ ...story, end: null }, { looks, pieces, everyMs: 0, cuts: [] });
  const way = shares.map(({ at, bps }, index) => `${weightText(bps)}${index === 0 ? '' : ` from ${time(at)}`}`);
  const { rollback } = story.lines;
  const most = looks.reduce<TrailPoint | null>(
    (found, look) =>
      look.logHarm !== null && look.logHarm > (found?.logHarm ?? Number.NEGATIVE_INFINITY) ? look : found,
    null,
  );
  const zoned = zone.name === 'UTC' ? ' UTC' : '';
  return [
    `From ${time(story.from)} to ${time(story.to)}${zoned}.`,
    `${story.split === 'advised' ? 'Advised' : 'Ordered'} canary share ${way.slice(-MOST_SHARES).join(', ')}.`,
    most === null
      ? 'No evidence of harm is known.'
      : `Evidence of harm ${evidenceText(last.logHarm)} at last, at most ${evidenceText(most.logHarm)} at ${time(most.at)}` +
        `${rollback === null ? '' : `; it rolls back at ${times(rollback)}`}.`,
    `Evidence of parity ${evidenceText(last.logParity)}.`,
    `Errors at last: ${versions(last.canary, last.stable, errorsIn)}.`,
    `p99 at last: ${versions(last.canary, last.stable, p99In)}.`,
    ...story.marks.filter(({ kind }) => kind === 'person').map(({ at, says }) => `${time(at)}: ${says}.`),
    ...(story.end === null ? [] : [`Ended at ${time(story.end.at)}: ${story.end.label}.`]),
    ...(story.silence === null ? [] : [`From ${time(story.silence.from)} on: ${story.silence.says}.`]),
  ].join(' ');
}

const MOST_SHARES = 8;
