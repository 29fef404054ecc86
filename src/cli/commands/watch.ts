import { type RolloutView, rolloutViewSchema } from '../../api/view-schemas.ts';
import { Problem } from '../../problem/problem.ts';
import type { ApiClient } from '../client.ts';
import { rolloutPath } from '../find-rollout.ts';
import { say } from '../output.ts';
import { pause, type Session } from '../terminal.ts';

const INTERVAL_MS = 1_000;

/**
 * The rollout every second until it has ended or the reader is gone. If the server is away for a while, this waits and says
 * so once: watching a deployment must survive a restart of what is deployed.
 */
export async function* watchRollout(
  client: ApiClient,
  first: RolloutView,
  session: Session,
): AsyncGenerator<RolloutView> {
  let view = first;
  let away = false;
  while (!session.closed.aborted) {
    if (!away) yield view;
    if (!view.active) return;
    await pause(session, INTERVAL_MS);
    if (session.closed.aborted) return;
    try {
      view = await client.get(rolloutPath(view.id), rolloutViewSchema);
      if (away) say(session, 'serin: the server answers again');
      away = false;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'unavailable') throw error;
      if (!away) say(session, `serin: ${error.message}; still trying`);
      away = true;
    }
  }
}
