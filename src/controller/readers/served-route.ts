import type { ServedRoute } from '../../consumers/ruled-versions.ts';
import type { ControllerPorts } from '../ports.ts';
import { declaredRoute, stableOf } from '../start.ts';

/** What a route serves, as the database has it. */
export async function servedRoute(
  ports: Pick<ControllerPorts, 'store' | 'routes'>,
  route: string,
): Promise<ServedRoute> {
  const declared = declaredRoute(ports, route);
  const [running] = await ports.store.rollouts.list({ route, active: true, limit: 1 });
  const rollout = running?.rollout ?? null;
  return { rollout, stable: rollout?.stable ?? (await stableOf(ports, declared)) };
}
