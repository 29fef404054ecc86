import type { FunctionComponent } from 'preact';
import { RoutesPage } from './pages/routes/routes-page.tsx';

export interface PageProps {
  /** What the path says between its fixed parts, decoded. */
  readonly named: string;
  readonly query: URLSearchParams;
}

export interface Page {
  /** The path, with at most one group: the name of a route, the id of a rollout. */
  readonly path: RegExp;
  /** Its part of the navigation. */
  readonly under: 'Routes' | 'History' | 'Audit';
  readonly content: FunctionComponent<PageProps>;
}

/** Every page of the dashboard. */
export const PAGES: readonly Page[] = [{ path: /^\/(?:ui\/?)?$/, under: 'Routes', content: RoutesPage }];
