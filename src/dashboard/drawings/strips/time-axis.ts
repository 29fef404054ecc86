import { dayText, type TimeZone, timeText, UTC } from '../../words/time-zone.ts';

export interface AxisTick {
  /** Epoch ms. */
  readonly at: number;
  readonly label: string;
}

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
/** Lengths of time that people count in, in ms. */
export const ROUND_SPANS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28].map((days) => days * DAY),
];

/** At most `most` round times between `from` and `to`; midnight has the day for its label. */
export function axisTicks(from: number, to: number, most: number, zone: TimeZone): readonly AxisTick[] {
  const every = ROUND_SPANS_MS.find((span) => (to - from) / span <= most) ?? 28 * DAY;
  const ticks: AxisTick[] = [];
  const first = Math.ceil((from + zone.offsetMs(from)) / every) * every;
  // By the clock on the wall: where it was changed, the ticks stay round.
  for (let wall = first; ; wall += every) {
    const at = wall - zone.offsetMs(wall - zone.offsetMs(from));
    if (at > to) return ticks;
    // A time that the clock skipped has no place of its own.
    if (at >= from && at + zone.offsetMs(at) === wall) ticks.push({ at, label: label(wall, every) });
  }
}

function label(wall: number, every: number): string {
  if (wall % DAY === 0) return dayText(wall, UTC);
  return new Date(wall).toISOString().slice(11, every < MINUTE ? 19 : 16);
}

/** `13:09:20`, and with its day where `from` to `to` has more than one. */
export function instantWithin(
  at: number,
  { from, to }: { readonly from: number; readonly to: number },
  zone: TimeZone,
) {
  const time = timeText(at, zone);
  return dayText(from, zone) === dayText(to, zone) ? time : `${dayText(at, zone)} ${time}`;
}
