import { Sparkline } from '../../drawings/sparkline.tsx';
import { FactRow, VersionFact } from '../../fact-row.tsx';
import { Moment } from '../../moment.tsx';
import type { RouteView } from '../../views.ts';
import { legible } from '../../words/said.ts';
import { rowTraffic } from '../routes/route-row.ts';

/** What serin.yaml says of a route, and what the gateway does with it. */
export function RouteFactList({ route }: { readonly route: RouteView }) {
  const { host, path, stable, policy, router } = route;
  const { perSecond, stablePath, canaryPath, traffic } = rowTraffic(route);
  return (
    <section aria-labelledby="h-route">
      <h2 id="h-route">Route</h2>
      <dl class="facts foreign">
        <FactRow name="requests to">
          {path === null ? (
            'another router carries them'
          ) : (
            <span class="mono">{legible(`${host ?? 'any host, '}${path}`)}</span>
          )}
        </FactRow>
        <VersionFact track="stable" of={stable} />
        <FactRow name="policy">{legible(policy)}</FactRow>
        <FactRow name="router">
          {router === 'none' ? 'none: another router makes the split, and Serin advises' : router}
        </FactRow>
        <FactRow name="split">
          <Split split={route.split} router={router} />
        </FactRow>
        <FactRow name="traffic">
          {perSecond === '–' ? 'not known' : `${perSecond} requests/s in the last minute`}
          <div class="small soft">{traffic}</div>
          <Sparkline stable={stablePath} canary={canaryPath} says={traffic} />
        </FactRow>
      </dl>
    </section>
  );
}

function Split({ split, router }: Pick<RouteView, 'split' | 'router'>) {
  if (split === null) return <>{router === 'none' ? 'not seen here' : 'none is in force'}</>;
  return (
    <>
      number {split.epoch}, in force since <Moment at={split.since} />
      {split.onTrial && '; the stable serves the few keys of the canary, for a trial'}
    </>
  );
}
