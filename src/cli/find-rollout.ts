import { type RolloutView, rolloutViewSchema, rolloutViewsSchema } from '../api/view-schemas.ts';
import { Problem } from '../problem/problem.ts';
import type { ApiClient } from './client.ts';

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The rollout with that id, or of that route: the running one, else the latest. */
export async function findRollout(client: ApiClient, routeOrId: string): Promise<RolloutView> {
  if (UUID.test(routeOrId)) return client.get(rolloutPath(routeOrId), rolloutViewSchema);
  const latest = (filter: string) =>
    client.get(`/api/v1/rollouts?route=${encodeURIComponent(routeOrId)}&limit=1${filter}`, rolloutViewsSchema);
  // Only the running ones are known while the database is away.
  const [running] = await latest('&active=true');
  const found = running ?? (await latest(''))[0];
  if (!found) throw new Problem('not-found', `route ${routeOrId} has no rollout yet`);
  return found;
}

export function rolloutPath(id: string, rest = ''): string {
  return `/api/v1/rollouts/${encodeURIComponent(id)}${rest}`;
}
