import { useMemo } from 'preact/hooks';
import type { FeedEvent } from '../../live/event-lines.ts';
import { useValue } from '../../live/observable.ts';
import { stream } from '../../live/session.ts';
import { hasGoneStale } from '../../live/stream.ts';
import { useNow } from '../../live/use-now.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import { Moment } from '../../moment.tsx';
import { rolloutInApi } from '../../paths.ts';
import type { AuditView, RolloutView, TrailView } from '../../views.ts';
import { clockTime } from '../../words/clock.ts';
import { legible } from '../../words/said.ts';
import { LOCAL } from '../../words/time-zone.ts';
import { liveStory } from './live-story.ts';
import { Strips } from './strips.tsx';
import { pieceText } from './versions-strips.ts';

const EVERY_MS = 5_000;
const UNREAD = { at: 0, says: 'what came later could not be read' };

interface RolloutStripsProps {
  readonly rollout: RolloutView;
  /** What was decided, as far as it is known. */
  readonly audit: readonly AuditView[];
  /** Since when that is; null where it is from the start. */
  readonly since: string | null;
  /** By how much the database's clock is ahead of the reader's. */
  readonly skewMs: number;
}

/** Everything that the looks at a rollout saw, up to now; it reads its trail itself. */
export function RolloutStrips({ rollout, audit, since, skewMs }: RolloutStripsProps) {
  const { id } = rollout;
  const trail = useSnapshot<TrailView>(`${rolloutInApi(id)}/trail`, ({ kind, data }: FeedEvent) => {
    return data.id === id && (kind === 'look' || kind === 'rollout');
  });
  const state = useValue(stream.state);
  const now = useNow(EVERY_MS);
  const lostAt = hasGoneStale(state) ? state.heardAt : null;
  // Looks that cannot be read may have been made all the same.
  const unread = trail.trouble === null ? null : UNREAD;
  const story = useMemo(
    () =>
      trail.data &&
      liveStory({
        rollout,
        trail: trail.data,
        audit,
        now: now + skewMs,
        lost: lostAt === null ? unread : { at: lostAt + skewMs, says: `not heard since ${clockTime(lostAt)}` },
      }),
    [rollout, trail.data, audit, lostAt, unread, now],
  );
  const everyMs = trail.data?.everyMs.at(-2) ?? trail.data?.everyMs.at(-1);
  return (
    <section aria-labelledby="h-strips">
      <h2 id="h-strips">
        {rollout.active ? 'Since the start' : 'From start to end'}
        <span class="soft">
          {everyMs !== undefined && `a row every ${pieceText(Math.max(1_000, Math.round(everyMs / 1_000) * 1_000))} · `}
          <a href={`/api/v1${rolloutInApi(id)}/trail`}>JSON</a>
        </span>
      </h2>
      {trail.trouble !== null && (
        <p class="notice bad">The strips could not be read: {legible(trail.trouble.detail)}</p>
      )}
      {since !== null && (
        <p class="notice">
          Pauses and what people did are drawn from <Moment at={since} /> on: older decisions are not read.
        </p>
      )}
      {story !== null && <Strips story={story} zone={LOCAL} />}
    </section>
  );
}
