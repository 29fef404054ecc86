import type { RefObject } from 'preact';
import type { PageKey } from '../../keys/page-key.ts';

type Table = RefObject<HTMLTableElement | null>;

/** Keys that go through the rows of a table: the focus itself moves, so that the browser opens what it is on. Each row has a link of the class `name`. */
export function rowKeys(table: Table): readonly PageKey[] {
  const links = () => Array.from(table.current?.querySelectorAll<HTMLElement>('a.name') ?? []);
  const by = (step: number) => {
    const all = links();
    const from = all.findIndex((link) => link.matches(':focus'));
    const to = from < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, from + step));
    focus(all[to]);
  };
  return [
    { key: 'j', does: 'to the next one', run: () => by(1) },
    { key: 'k', does: 'to the one before', run: () => by(-1) },
    { key: 'Enter', does: 'open it', run: null },
  ];
}

/** The same from group to group. */
export function groupKeys(table: Table): readonly PageKey[] {
  const by = (step: number) => {
    const groups = Array.from(table.current?.tBodies ?? []);
    const from = groups.findIndex((group) => group.contains(document.activeElement));
    const to = Math.min(groups.length - 1, Math.max(0, from + step));
    focus(groups[to]?.querySelector<HTMLElement>('a.name') ?? undefined);
  };
  return [
    { key: '[', does: 'to the group before', run: () => by(-1) },
    { key: ']', does: 'to the next group', run: () => by(1) },
  ];
}

function focus(link: HTMLElement | undefined): void {
  link?.focus();
  link?.scrollIntoView({ block: 'nearest' });
}
