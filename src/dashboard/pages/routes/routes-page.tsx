import { useEffect } from 'preact/hooks';
import { useSnapshot } from '../../live/use-snapshot.ts';
import type { RouteView } from '../../views.ts';

/** All routes, grouped by who is needed. */
export function RoutesPage() {
  const { data, trouble } = useSnapshot<readonly RouteView[]>('/routes', () => true);
  useEffect(() => {
    document.title = 'Routes · Serin';
  }, []);
  return (
    <>
      <div class="tools">
        <h1>Routes</h1>
      </div>
      {trouble !== null && <p class="notice bad">{trouble.detail}</p>}
      <table class="routes">
        <tbody>
          {data?.map(({ name, stable, rollout }) => (
            <tr key={name} class="route">
              <th scope="row">{name}</th>
              <td>{stable.version}</td>
              <td>{rollout?.verdict ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
