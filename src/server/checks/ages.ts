import { z } from 'zod';
import { counted } from '../../policy/counted.ts';
import { formatDuration } from '../../policy/units.ts';
import type { Advisory, Checked, Remark } from './check.ts';
import { askApi } from './running.ts';

/** A tick may be slow, and the leader may change; a look older than this means that the rollout is not being looked at. */
const OLDEST_LOOK_MS = 60_000;
/** A younger message is just waiting for its next try. */
const OLDEST_MESSAGE_MS = 60_000;

const MOST_ROLLOUTS = 100;

const rolloutViews = z.array(z.object({ route: z.string(), look: z.object({ agoMs: z.number() }) }));

interface Looked {
  readonly route: string;
  readonly agoMs: number;
}

/** How long ago each running rollout was looked at, and how long messages have been waiting. */
export const ages: Advisory = {
  name: 'ages',
  timeoutMs: 10_000,
  async run(checked, signal) {
    const looked = await looks(checked, signal);
    if (looked === null) return [];
    const remarks = looked.map(({ route, agoMs }): Remark => {
      const says = `the rollout on ${route} was last looked at ${roughly(agoMs)} ago`;
      return agoMs > OLDEST_LOOK_MS ? { level: 'warning', says } : { level: 'ok', says };
    });
    if (looked.length === 0) remarks.push({ level: 'ok', says: 'no rollout runs' });
    return [...remarks, ...(await damaged(checked)), ...(await messages(checked))];
  },
};

async function looks(checked: Checked, signal: AbortSignal): Promise<readonly Looked[] | null> {
  const { store } = checked.database;
  if (!store) {
    const views = rolloutViews.safeParse(
      await askApi(checked, `/api/v1/rollouts?active=true&limit=${MOST_ROLLOUTS}`, signal),
    );
    if (!views.success) return null;
    return views.data.map(({ route, look }) => ({ route, agoMs: look.agoMs }));
  }
  const [now, active] = await Promise.all([store.now(), store.rollouts.list({ active: true, limit: MOST_ROLLOUTS })]);
  return active.map(({ rollout, evidence }) => ({ route: rollout.route, agoMs: now - evidence.lookedAt }));
}

async function damaged({ database: { store } }: Checked): Promise<readonly Remark[]> {
  const found = (await store?.rollouts.unreadable()) ?? [];
  return found.map(
    ({ route, reason }): Remark => ({ level: 'warning', says: `${route}: ${reason.replace(/\.$/, '')}` }),
  );
}

async function messages({ database: { store } }: Checked): Promise<readonly Remark[]> {
  if (!store) return [];
  const [now, { waiting, oldestWaitingAt }] = await Promise.all([store.now(), store.outbox.counts()]);
  if (oldestWaitingAt === null) return [{ level: 'ok', says: 'every message is delivered' }];
  const agoMs = now - oldestWaitingAt;
  const says = `${counted(waiting, 'message')} not delivered yet, the oldest for ${roughly(agoMs)}`;
  return [{ level: agoMs > OLDEST_MESSAGE_MS ? 'warning' : 'ok', says }];
}

/** `4m` rather than `251s`: at least two of the unit, rounded down. */
function roughly(ms: number): string {
  const unitMs = [86_400_000, 3_600_000, 60_000].find((unit) => ms >= 2 * unit) ?? 1_000;
  return formatDuration(Math.max(0, Math.floor(ms / unitMs) * unitMs));
}
