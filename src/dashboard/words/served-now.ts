import type { RouteView } from '../views.ts';
import { legible } from './said.ts';

/** `shop serves v1 to everybody`, where nothing is rolled out; another router may do otherwise. */
export function servedNow({ name, stable, router }: Pick<RouteView, 'name' | 'stable' | 'router'>): string {
  const [route, version] = [legible(name), legible(stable.version)];
  return router === 'none' ? `${version} is the stable of ${route}` : `${route} serves ${version} to everybody`;
}
