import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import { ROUTE_GROUPS } from './route-groups.ts';
import { RouteLine } from './route-line.tsx';
import type { RouteRowModel } from './route-row.ts';
import type { RouteGroup } from './row-state.ts';

/** How many quiet routes are drawn until the others are asked for; the filter finds all of them. */
const QUIET = 100;
const COLUMNS = 7;

interface RoutesTableProps {
  readonly table: RefObject<HTMLTableElement | null>;
  readonly groups: ReadonlyMap<RouteGroup, readonly RouteRowModel[]>;
}

export function RoutesTable({ table, groups }: RoutesTableProps) {
  const [isWhole, setWhole] = useState(false);
  return (
    <table class="rows routes" ref={table}>
      <thead>
        <tr>
          <th scope="col">route, stable → canary</th>
          <th scope="col">stage</th>
          <th scope="col">verdict</th>
          <th scope="col" class="num">
            traffic
          </th>
          <th scope="col">requests, last hour</th>
          <th scope="col" class="num">
            errors
          </th>
          <th scope="col" class="num">
            p99
          </th>
        </tr>
      </thead>
      {ROUTE_GROUPS.map(({ group, title }) => {
        const rows = groups.get(group) ?? [];
        if (rows.length === 0) return null;
        const hidden = group === 'quiet' && !isWhole ? rows.length - QUIET : 0;
        return (
          <tbody key={group}>
            <tr>
              <th class="group" colSpan={COLUMNS} scope="rowgroup">
                <b>{title}</b> {rows.length}
              </th>
            </tr>
            {(hidden > 0 ? rows.slice(0, QUIET) : rows).map((row) => (
              <RouteLine key={row.name} row={row} />
            ))}
            {hidden > 0 && (
              <tr>
                <td colSpan={COLUMNS}>
                  <button type="button" class="quiet" onClick={() => setWhole(true)}>
                    Show the other {hidden} quiet routes
                  </button>
                </td>
              </tr>
            )}
          </tbody>
        );
      })}
    </table>
  );
}
