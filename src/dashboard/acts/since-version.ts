import { ask } from '../live/requests.ts';
import { noteEnd, session } from '../live/session.ts';
import type { AuditView, RolloutView } from '../views.ts';
import { type Found, foundIn, type Sent, type SinceVersion } from './found.ts';

const AGAIN_MS = 2_000;

/** What came of a deed by what the state says, and the version that says it. Null where nobody waits for it any more. */
export async function findDeed(
  rolloutId: string,
  sent: Sent,
  isOver: () => boolean,
): Promise<{ readonly found: Found; readonly version: number } | null> {
  const since = await sinceOf(rolloutId, sent.version, isOver);
  if (since === null) return null;
  const latest = sent.draft.verb === 'retry' ? await latestOf(since.view.route) : null;
  return { found: foundIn(sent, since, latest), version: since.view.version };
}

/** Asks until Serin answers. Null where nobody waits for it any more. */
export async function sinceOf(id: string, version: number, isOver: () => boolean): Promise<SinceVersion | null> {
  while (!isOver()) {
    // Signed out, it waits for whoever signs in.
    const since = session.value.kind === 'signed-in' ? await readSince(id, version) : null;
    if (since !== null) return since;
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
  return null;
}

/** The entries of an audit have no versions, but each is one: as many as the rollout has moved on are since then. Null: no answer. */
async function readSince(id: string, version: number): Promise<SinceVersion | null> {
  for (;;) {
    const before = await ask<RolloutView>(`/rollouts/${id}`);
    const audit = await ask<readonly AuditView[]>(`/rollouts/${id}/audit?limit=100`);
    const after = await ask<RolloutView>(`/rollouts/${id}`);
    noteEnd(after);
    if (before.kind !== 'ok' || audit.kind !== 'ok' || after.kind !== 'ok') return null;
    if (before.data.version === after.data.version) {
      return { view: after.data, entries: audit.data.slice(0, Math.max(0, after.data.version - version)) };
    }
  }
}

async function latestOf(route: string): Promise<RolloutView | null> {
  const reply = await ask<readonly RolloutView[]>(`/rollouts?route=${encodeURIComponent(route)}&limit=1`);
  return reply.kind === 'ok' ? (reply.data[0] ?? null) : null;
}
