import { useRef } from 'preact/hooks';
import { Link } from '../../address.tsx';
import { useKeys } from '../../keys/use-keys.ts';
import { askPage, type ListPage } from '../../live/requests.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import type { PageProps } from '../../page-props.ts';
import { useTitle } from '../../use-title.ts';
import type { RolloutView, RouteView } from '../../views.ts';
import { legible } from '../../words/said.ts';
import { withQuery } from '../list-address.ts';
import { RolloutList } from '../rollout-list.tsx';
import { rowKeys } from '../routes/row-keys.ts';
import { RouteConsumers } from './route-consumers.tsx';
import { RouteFactList } from './route-facts.tsx';
import { RouteRollout } from './route-rollout.tsx';

/** Traffic changes without an event. */
const TRAFFIC_MS = 20_000;
const PAST = '10';

/** One route: what serves it, what rolls out on it, and what did. */
export function RoutePage({ named: name }: PageProps) {
  const isHere = ({ data }: { readonly data: { readonly route?: string | null } }) => data.route === name;
  const routes = useSnapshot<readonly RouteView[]>('/routes', (event) => isHere(event) && event.kind !== 'look', {
    everyMs: TRAFFIC_MS,
  });
  const rollouts = useSnapshot<ListPage<RolloutView>>(
    withQuery('/rollouts', { limit: PAST, route: name }),
    (event) => isHere(event) && event.kind !== 'routes',
    { read: askPage },
  );
  const table = useRef<HTMLTableElement>(null);
  useKeys(rowKeys(table));
  const route = routes.data?.find((one) => one.name === name) ?? null;
  const isUnknown = routes.data !== null && route === null;
  useTitle(isUnknown ? 'No such route' : name);
  if (isUnknown) return <NoSuchRoute name={name} />;
  const trouble = routes.trouble ?? rollouts.trouble;
  const past = rollouts.data?.items.filter(({ active }) => !active) ?? [];
  const running = rollouts.data?.items.find(({ id }) => id === route?.rollout?.id) ?? null;
  return (
    <>
      <div class="crumbs foreign">
        <Link to="/ui/">Routes</Link> / {legible(name)}
      </div>
      <div class="head">
        <div class="title foreign">
          <h1>{legible(name)}</h1>
        </div>
      </div>
      {trouble !== null && <p class="notice bad foreign">Not read: {legible(trouble.detail)}</p>}
      {route === null && trouble === null && <p class="soft">Reading the route …</p>}
      {route !== null && <RouteRollout route={route} running={running} hasPast={past.length > 0} />}
      {route !== null && <RouteFactList route={route} />}
      <section aria-labelledby="h-past">
        <h2 id="h-past">
          Past rollouts
          {rollouts.data?.older != null && (
            <Link class="soft" to={withQuery('/ui/history', { route: name })}>
              all of them
            </Link>
          )}
        </h2>
        {rollouts.data !== null && past.length === 0 && <p class="soft pad">None has ended.</p>}
        {past.length > 0 && <RolloutList rollouts={past} of="one-route" table={table} />}
      </section>
      {/* Where another router makes the split, nobody reads the list. */}
      {route?.router !== 'none' && <RouteConsumers route={name} />}
      <p class="pad">
        <Link to={withQuery('/ui/audit', { route: name })}>Everything that was changed on this route</Link>
      </p>
    </>
  );
}

function NoSuchRoute({ name }: { readonly name: string }) {
  return (
    <section class="padded">
      <h1>There is no route {legible(name)}</h1>
      <p class="pad">
        serin.yaml does not declare it. Its rollouts stay in the <Link to="/ui/history">history</Link>.{' '}
        <Link to="/ui/">All routes</Link>
      </p>
    </section>
  );
}
