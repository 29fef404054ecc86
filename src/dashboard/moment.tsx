import { useNow } from './live/use-now.ts';
import { clockTime, shortTime, utcTime } from './words/clock.ts';
import { lasting } from './words/figures.ts';

interface MomentProps {
  /** RFC 3339. */
  readonly at: string;
  /** With seconds or without; either has the day where it is not today. */
  readonly form?: 'seconds' | 'short';
}

/** A time by the reader's clock, with UTC in its title. */
export function Moment({ at, form = 'short' }: MomentProps) {
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={utcTime(ms)}>
      {form === 'seconds' ? clockTime(ms) : shortTime(ms, Date.now())}
    </time>
  );
}

/** How long that is ago: `2 h 41 m`. `skewMs`: by how much the clock that wrote it is ahead of the reader's. */
export function Since({ at, skewMs = 0 }: { readonly at: string; readonly skewMs?: number }) {
  const now = useNow();
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={utcTime(ms)}>
      {lasting(now + skewMs - ms)}
    </time>
  );
}
