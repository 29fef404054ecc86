import { useSnapshot } from '../live/use-snapshot.ts';
import type { RouteView } from '../views.ts';
import { legible } from '../words/said.ts';

interface RouteFilterProps {
  /** Empty for every route. */
  readonly route: string;
  readonly onChoose: (route: string) => void;
}

/** Which route a list is of. */
export function RouteFilter({ route, onChoose }: RouteFilterProps) {
  // Routes come and go with a restart alone, after which everything is read again.
  const { data } = useSnapshot<readonly RouteView[]>('/routes?series=false', () => false);
  const names = (data ?? []).map(({ name }) => name).toSorted();
  const all = route === '' || names.includes(route) ? names : [route, ...names];
  return (
    <label class="filter">
      Route{' '}
      <select value={route} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        <option value="">all</option>
        {all.map((name) => (
          <option key={name} value={name}>
            {legible(name)}
          </option>
        ))}
      </select>
    </label>
  );
}
