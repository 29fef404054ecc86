import type { ComponentChildren } from 'preact';
import { Observable } from './live/observable.ts';

/** Where the reader is: path and query of the page. */
export interface Address {
  readonly path: string;
  readonly query: URLSearchParams;
}

const here = (): Address => ({ path: location.pathname, query: new URLSearchParams(location.search) });

export const address = new Observable<Address>(here());
window.addEventListener('popstate', () => address.set(here()));

/** Goes to a page of the dashboard. */
export function go(to: string): void {
  history.pushState(null, '', to);
  address.set(here());
  window.scrollTo(0, 0);
}

/** Puts a filter into the query string, where a reload and a link keep it; the way back is not filled with letters. */
export function putQuery(name: string, value: string): void {
  const query = new URLSearchParams(location.search);
  if (value === '') query.delete(name);
  else query.set(name, value);
  const text = query.toString();
  history.replaceState(null, '', text === '' ? location.pathname : `${location.pathname}?${text}`);
  address.set(here());
}

interface LinkProps {
  readonly to: string;
  readonly class?: string;
  readonly 'aria-current'?: 'page';
  readonly children: ComponentChildren;
}

/** A link within the dashboard. With a modifier it is a link like any other. */
export function Link({ to, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a {...rest} href={to} onClick={follow}>
      {children}
    </a>
  );
}
