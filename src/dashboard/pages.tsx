import type { FunctionComponent } from 'preact';
import type { PageProps } from './page-props.ts';
import { AuditPage } from './pages/audit/audit-page.tsx';
import { HistoryPage } from './pages/history/history-page.tsx';
import { ReportPage } from './pages/report/report-page.tsx';
import { RolloutPage } from './pages/rollout/rollout-page.tsx';
import { RoutePage } from './pages/route/route-page.tsx';
import { RoutesPage } from './pages/routes/routes-page.tsx';

export interface Page {
  /** The path, with at most one group: the name of a route, the id of a rollout. */
  readonly path: RegExp;
  /** Its part of the navigation. */
  readonly under: 'Routes' | 'History' | 'Audit';
  readonly content: FunctionComponent<PageProps>;
}

/** Every page of the dashboard. */
export const PAGES: readonly Page[] = [
  { path: /^\/(?:ui\/?)?$/, under: 'Routes', content: RoutesPage },
  { path: /^\/ui\/routes\/([^/]+)$/, under: 'Routes', content: RoutePage },
  { path: /^\/ui\/history$/, under: 'History', content: HistoryPage },
  { path: /^\/ui\/audit$/, under: 'Audit', content: AuditPage },
  { path: /^\/ui\/rollouts\/([^/]+)$/, under: 'Routes', content: RolloutPage },
  { path: /^\/ui\/rollouts\/([^/]+)\/report$/, under: 'History', content: ReportPage },
];
