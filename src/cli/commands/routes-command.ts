import type { Command } from 'commander';
import { type RouteView, routeViewsSchema } from '../../api/views/route-view.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { print } from '../output.ts';
import type { Session } from '../terminal.ts';
import { table } from '../text.ts';
import { waitsInWords } from '../waits.ts';

export function registerRoutes(program: Command, session: Session): void {
  takesServer(program.command('routes').description('every route of serin.yaml, and what is rolled out there')).action(
    async (options: ServerOptions) => {
      const views = await openClient(options, session).all('/api/v1/routes?series=false', routeViewsSchema);
      print(session, options.output, views, (format) => routesTable(views, format));
    },
  );
}

function routesTable(views: readonly RouteView[], format: 'table' | 'wide'): string {
  const wide = format === 'wide';
  const heading = ['ROUTE', 'PATH', 'STABLE', 'POLICY', 'ROLLOUT'];
  const rows = views.map((view) => {
    const { name, host, path, stable, policy, router, traffic } = view;
    const row = [name, path === null ? '-' : `${host ?? ''}${path}`, stable.version, policy, rolloutText(view)];
    const { perSecond } = traffic;
    return wide ? [...row, router, perSecond === null ? '-' : `${perSecond}/s`, stable.url] : row;
  });
  return table(wide ? [...heading, 'ROUTER', 'TRAFFIC', 'URL'] : heading, rows);
}

/** `v2 in step-1 at 10%, undecided (waits for resume)`, or how the last one ended. */
function rolloutText({ rollout, lastEnded }: RouteView): string {
  if (rollout !== null) {
    const { version, stage, canaryWeight, verdict } = rollout;
    const waits = waitsInWords(rollout);
    const waiting = waits === null ? '' : ` (waits for ${waits})`;
    return `${version} in ${stage} at ${canaryWeight}${verdict === null ? '' : `, ${verdict}`}${waiting}`;
  }
  return lastEnded === null ? '-' : `${lastEnded.version} ${lastEnded.stage} at ${lastEnded.endedAt.slice(0, 19)}`;
}
