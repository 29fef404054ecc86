import type { RouteRowModel } from './route-row.ts';
import type { RouteGroup } from './row-state.ts';

/** The groups, in their order on the page. */
export const ROUTE_GROUPS = [
  { group: 'needs', title: 'Needs somebody', one: 'needs somebody', several: 'need somebody' },
  { group: 'rolling', title: 'Rolling out', one: 'rolling out', several: 'rolling out' },
  // Of routes on which nothing runs now: what ended before a rollout that runs is not counted.
  {
    group: 'ended',
    title: 'Last rollout ended in the last day',
    one: 'whose last rollout ended in the last day',
    several: 'whose last rollout ended in the last day',
  },
  { group: 'quiet', title: 'Quiet', one: 'quiet', several: 'quiet' },
] as const satisfies readonly { group: RouteGroup; title: string; one: string; several: string }[];

/** The rows of each group by name, so that no row moves because another one changed. */
export function groupedRows(rows: readonly RouteRowModel[]): ReadonlyMap<RouteGroup, readonly RouteRowModel[]> {
  const byName = rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(ROUTE_GROUPS.map(({ group }) => [group, byName.filter((row) => row.group === group)]));
}

/** Whether a row has every word of a filter in its name, its versions, its verdict or its group. */
export function isFound(row: RouteRowModel, filter: string): boolean {
  const { name, stable, canary, label, group } = row;
  const title = ROUTE_GROUPS.find((one) => one.group === group)?.title ?? '';
  const text = [name, stable, canary, label, title].join('\n').toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** `(2) Routes, 3 rolling out`: who looks at the tabs of a browser sees whether somebody is needed. */
export function routesTitle(rows: readonly RouteRowModel[]): string {
  const count = (group: RouteGroup) => rows.filter((row) => row.group === group).length;
  const [needing, rolling] = [count('needs'), count('rolling')];
  return `${needing === 0 ? '' : `(${needing}) `}Routes${rolling === 0 ? '' : `, ${rolling} rolling out`}`;
}
