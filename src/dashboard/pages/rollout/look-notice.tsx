import { useEffect } from 'preact/hooks';
import { useValue } from '../../live/observable.ts';
import { stream } from '../../live/session.ts';
import { hasGoneStale } from '../../live/stream.ts';
import { useNow } from '../../live/use-now.ts';
import type { RolloutView } from '../../views.ts';
import { lasting } from '../../words/figures.ts';
import { amountOf, asSentence } from '../../words/said.ts';

interface LookNoticeProps {
  readonly rollout: RolloutView;
  /** When it was read, by `performance.now()`. */
  readonly readAt: number;
  readonly refresh: () => void;
}

/** Looks that fail are no event. */
const AGAIN_MS = 5_000;

/** Says that nobody looks any more, while the stream lives: without it, the frame says that nothing is live. */
export function LookNotice({ rollout: { look }, readAt, refresh }: LookNoticeProps) {
  const state = useValue(stream.state);
  // Drawn again every second.
  useNow();
  const agoMs = look === null ? 0 : look.agoMs + performance.now() - readAt;
  const isLive = !hasGoneStale(state);
  const isOverdue = look !== null && agoMs > look.overdueMs && isLive;
  // Before it is overdue already: the list of needs says `looked 1 s ago`, and why looks fail is known to nobody who does not ask.
  const isLate = look !== null && agoMs > look.overdueMs / 2 && isLive;
  useEffect(() => {
    if (!isLate) return;
    const timer = setInterval(refresh, AGAIN_MS);
    return () => clearInterval(timer);
  }, [isLate, readAt]);
  if (look === null || (!isOverdue && look.failures === 0)) return null;
  return (
    <p class="notice bad foreign">
      {isOverdue && <b>Nobody has looked for {lasting(agoMs)}.</b>}{' '}
      {look.failures > 0 &&
        asSentence(`${amountOf(look.failures, 'look')} failed${look.trouble === null ? '' : `: ${look.trouble}`}`)}
    </p>
  );
}
