import { useRef } from 'preact/hooks';
import { go } from '../../address.tsx';
import { useKeys } from '../../keys/use-keys.ts';
import { askPage, type ListPage } from '../../live/requests.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import type { PageProps } from '../../page-props.ts';
import { useTitle } from '../../use-title.ts';
import type { RolloutView } from '../../views.ts';
import { legible } from '../../words/said.ts';
import { startCommand } from '../../words/start-command.ts';
import { withQuery } from '../list-address.ts';
import { Pager } from '../pager.tsx';
import { RolloutList } from '../rollout-list.tsx';
import { RouteFilter } from '../route-filter.tsx';
import { rowKeys } from '../routes/row-keys.ts';

const PAGE = '20';

/** Every rollout there was, the newest first. */
export function HistoryPage({ query }: PageProps) {
  const [route, before] = [query.get('route') ?? '', query.get('before')];
  const path = withQuery('/rollouts', { limit: PAGE, route, cursor: before });
  const { data, trouble } = useSnapshot<ListPage<RolloutView>>(path, ({ kind }) => kind !== 'routes', {
    read: askPage,
  });
  const table = useRef<HTMLTableElement>(null);
  useKeys(rowKeys(table));
  useTitle(route === '' ? 'History' : `History of ${route}`);
  const here = (of: string | null, page: string | null) => withQuery('/ui/history', { route: of, before: page });
  return (
    <>
      <div class="tools">
        <h1>History</h1>
        <RouteFilter route={route} onChoose={(chosen) => go(here(chosen, null))} />
      </div>
      {trouble !== null && <p class="notice bad foreign">Not read: {legible(trouble.detail)}</p>}
      {data === null && trouble === null && <p class="soft">Reading the history …</p>}
      {data?.items.length === 0 && (
        <>
          <p>
            {before !== null
              ? 'There is nothing older.'
              : `No rollout has been started${route === '' ? ' yet' : ` on ${legible(route)}`}.`}
          </p>
          {before === null && <pre>{startCommand(route === '' ? 'ROUTE' : route, location.origin)}</pre>}
        </>
      )}
      {data !== null && data.items.length > 0 && (
        <RolloutList rollouts={data.items} of={route === '' ? 'every-route' : 'one-route'} table={table} />
      )}
      {data !== null && (
        <Pager newest={before === null ? null : here(route, null)} older={data.older && here(route, data.older)} />
      )}
    </>
  );
}
