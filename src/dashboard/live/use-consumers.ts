import { routeInApi } from '../paths.ts';
import type { ConsumerView } from '../views.ts';
import { type LiveData, useSnapshot } from './use-snapshot.ts';

/** The listed consumers of a route. */
export function useConsumers(route: string): LiveData<readonly ConsumerView[]> {
  return useSnapshot<readonly ConsumerView[]>(
    `${routeInApi(route)}/consumers`,
    ({ kind, data }) => kind === 'routes' && data.route === route,
  );
}
