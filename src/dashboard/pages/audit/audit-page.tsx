import { go, Link } from '../../address.tsx';
import { askPage, type ListPage } from '../../live/requests.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import type { PageProps } from '../../page-props.ts';
import { rolloutInApi, rolloutPage } from '../../paths.ts';
import { useTitle } from '../../use-title.ts';
import type { AuditView } from '../../views.ts';
import { legible } from '../../words/said.ts';
import { withQuery } from '../list-address.ts';
import { Pager } from '../pager.tsx';
import { RouteFilter } from '../route-filter.tsx';
import { AuditList } from './audit-list.tsx';
import { VerifyAudit } from './verify-audit.tsx';

const PAGE = '50';

/** Who changed what, when, why, and what was there before. */
export function AuditPage({ query }: PageProps) {
  const [route, rollout, before] = [query.get('route') ?? '', query.get('rollout') ?? '', query.get('before')];
  const page = { limit: PAGE, cursor: before };
  const path =
    rollout === '' ? withQuery('/audit', { ...page, route }) : withQuery(`${rolloutInApi(rollout)}/audit`, page);
  const { data, trouble } = useSnapshot<ListPage<AuditView>>(path, ({ kind }) => kind === 'decision', {
    read: askPage,
  });
  useTitle(route === '' ? 'Audit' : `Audit of ${route}`);
  const here = (cursor: string | null) => withQuery('/ui/audit', { route, rollout, before: cursor });
  return (
    <>
      <div class="tools">
        <h1>Audit</h1>
        <RouteFilter route={route} onChoose={(chosen) => go(withQuery('/ui/audit', { route: chosen }))} />
        <VerifyAudit />
      </div>
      {rollout !== '' && (
        <p class="notice">
          Of one rollout alone: <Link to={rolloutPage(rollout)}>{legible(rollout)}</Link>.{' '}
          <Link to={withQuery('/ui/audit', { route })}>Show every entry</Link>
        </p>
      )}
      {trouble !== null && <p class="notice bad foreign">Not read: {legible(trouble.detail)}</p>}
      {data === null && trouble === null && <p class="soft">Reading the audit …</p>}
      {data?.items.length === 0 && (
        <p>{before === null ? 'Nothing has been changed yet.' : 'There is nothing older.'}</p>
      )}
      {data !== null && data.items.length > 0 && <AuditList entries={data.items} />}
      {data !== null && <Pager newest={before === null ? null : here(null)} older={data.older && here(data.older)} />}
    </>
  );
}
