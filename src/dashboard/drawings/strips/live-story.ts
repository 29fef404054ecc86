import type { AuditView, RolloutView, TrailView } from '../../views.ts';
import { clockTime } from '../../words/clock.ts';
import { type DrawnRollout, rolloutStory } from './rollout-story.ts';
import { actsOfAudit } from './strip-marks.ts';
import type { StripsStory } from './strips-story.ts';

/** What is known of a rollout at one time; times are epoch ms by the database's clock. */
export interface KnownNow {
  readonly rollout: RolloutView;
  readonly trail: TrailView;
  readonly audit: readonly AuditView[];
  readonly now: number;
  /** When the stream was last heard, where that is too long ago. */
  readonly lost: { readonly at: number; readonly says: string } | null;
}

/** Without a look for longer than this, and than three rows take, the drawing does not go on. */
const LOOKED_AT_MOST_MS = 20_000;

/** The strips of a rollout as it stands. One that nobody hears of, or looks at, ends in a gap up to now. */
export function liveStory({ rollout, trail, audit, now, lost }: KnownNow): StripsStory {
  const { verdict, startedAt, endedAt } = rollout;
  const from = Date.parse(startedAt);
  const lookedAt = Math.max(from, trail.at.at(-1) ?? from);
  const silence = endedAt === null ? silenceIn(trail, lookedAt, now, lost) : null;
  const upTo = endedAt === null ? (silence === null ? lookedAt : now) : Date.parse(endedAt);
  return rolloutStory({
    rollout,
    trail,
    acts: actsOfAudit(audit),
    upTo,
    silence,
    verdict: verdict ?? lastVerdict(audit),
  });
}

/** A promotion clears the verdict; what it was measured by is in the entry of the last step that was passed. */
function lastVerdict(audit: readonly AuditView[]): DrawnRollout['verdict'] {
  const judged = audit.find(({ event }) => event['verdict'] !== undefined && event['verdict'] !== null);
  return (judged?.event['verdict'] ?? null) as DrawnRollout['verdict'];
}

function silenceIn(trail: TrailView, lookedAt: number, now: number, lost: KnownNow['lost']): StripsStory['silence'] {
  if (lost !== null) return { from: Math.max(lost.at, lookedAt), says: lost.says };
  const rowMs = Math.max(...trail.everyMs.slice(-4), 0);
  if (now - lookedAt <= Math.max(LOOKED_AT_MOST_MS, 3 * rowMs)) return null;
  return { from: lookedAt, says: `no look since ${clockTime(lookedAt, now)}` };
}
