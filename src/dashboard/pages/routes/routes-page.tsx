import { useMemo, useRef } from 'preact/hooks';
import { putQuery } from '../../address.tsx';
import { useKeys } from '../../keys/use-keys.ts';
import { useValue } from '../../live/observable.ts';
import { askAll } from '../../live/requests.ts';
import { serverSkew } from '../../live/server-clock.ts';
import { useNow } from '../../live/use-now.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import type { PageProps } from '../../page-props.ts';
import { useTitle } from '../../use-title.ts';
import type { RolloutView, RouteView } from '../../views.ts';
import { FirstRun } from './first-run.tsx';
import { groupedRows, isFound, ROUTE_GROUPS, routesTitle } from './route-groups.ts';
import { routeRow, rowTraffic } from './route-row.ts';
import { RoutesTable } from './routes-table.tsx';
import { groupKeys, rowKeys } from './row-keys.ts';

/** Traffic changes without an event. */
const TRAFFIC_MS = 20_000;
/** The age of a look, and why it failed, are known to nobody who does not ask. */
const LOOKS_MS = 20_000;
/** How many of those that ended have their ladder. */
const ENDED = 50;

/** All routes, grouped by who is needed. */
export function RoutesPage({ query }: PageProps) {
  const filter = query.get('q') ?? '';
  const table = useRef<HTMLTableElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const routes = useSnapshot<readonly RouteView[]>('/routes', ({ kind }) => kind !== 'look', { everyMs: TRAFFIC_MS });
  const running = useSnapshot<readonly RolloutView[]>(
    '/rollouts?active=true&limit=100',
    ({ kind }) => kind !== 'routes',
    {
      read: askAll,
      everyMs: LOOKS_MS,
    },
  );
  const ended = useSnapshot<readonly RolloutView[]>(
    `/rollouts?active=false&limit=${ENDED}`,
    ({ kind }) => kind === 'rollout',
  );
  // For the day after which an end is quiet.
  const now = useNow(60_000) + useValue(serverSkew);
  const withTraffic = useMemo(
    () => (routes.data ?? []).map((route) => [route, rowTraffic(route)] as const),
    [routes.data],
  );
  const rows = useMemo(() => {
    const context = {
      running: new Map(running.data?.map((view) => [view.route, view])),
      ended: new Map(ended.data?.map((view) => [view.id, view])),
      now,
    };
    return withTraffic.map(([route, traffic]) => routeRow(route, traffic, context));
  }, [withTraffic, running.data, ended.data, now]);

  useTitle(routesTitle(rows));
  useKeys([
    { key: '/', does: 'write a filter', run: () => field.current?.focus() },
    ...rowKeys(table),
    ...groupKeys(table),
    ...(filter === '' ? [] : [{ key: 'Escape', does: 'show all routes', run: () => putQuery('q', '') }]),
  ]);

  const trouble = routes.trouble ?? running.trouble ?? ended.trouble;
  const all = groupedRows(rows);
  const shown = groupedRows(filter === '' ? rows : rows.filter((row) => isFound(row, filter)));
  const isNothingFound = rows.length > 0 && ROUTE_GROUPS.every(({ group }) => shown.get(group)?.length === 0);
  const hasNeverRolled = routes.data?.every((route) => route.rollout === null && route.lastEnded === null) ?? false;

  const write = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      putQuery('q', '');
      field.current?.blur();
    }
    if (event.key === 'Enter') table.current?.querySelector<HTMLElement>('a.name')?.focus();
  };
  return (
    <>
      <div class="tools">
        <h1>Routes</h1>
        <div class="counts">
          {ROUTE_GROUPS.map(({ group, one, several }) => {
            const count = all.get(group)?.length ?? 0;
            return (
              <span key={group}>
                <b>{count}</b> {count === 1 ? one : several}
              </span>
            );
          })}
        </div>
        <input
          ref={field}
          type="search"
          aria-label="Filter routes"
          placeholder="Filter by route, version, verdict"
          value={filter}
          onInput={({ currentTarget }) => putQuery('q', currentTarget.value)}
          onKeyDown={write}
        />
      </div>
      {trouble !== null && <p class="notice bad">Not read again: {trouble.detail}. What is shown may be old.</p>}
      {routes.data === null && trouble === null && <p class="soft">Reading the routes …</p>}
      {routes.data?.length === 0 && <p>serin.yaml declares no route.</p>}
      {hasNeverRolled && routes.data?.[0] && <FirstRun route={routes.data[0]} />}
      {isNothingFound && (
        <p>
          No route matches “{filter}”.{' '}
          <button type="button" class="quiet" onClick={() => putQuery('q', '')}>
            Show all {rows.length}
          </button>
        </p>
      )}
      {!isNothingFound && rows.length > 0 && <RoutesTable table={table} groups={shown} />}
      {rows.length > 0 && (
        <p class="soft small foot-note">
          <span class="canary">Canary</span> first, then <span class="stable">stable</span>; in each drawing they share
          one scale, and a gap is a minute of which nothing is known.
        </p>
      )}
    </>
  );
}
