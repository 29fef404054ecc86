import type { Command } from 'commander';
import { type RolloutView, rolloutViewsSchema } from '../../api/view-schemas.ts';
import { formatSpan } from '../../parity/figures.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { findRollout } from '../find-rollout.ts';
import { print, say } from '../output.ts';
import { renderExplanation } from '../panel/explanation.ts';
import { shortSpan } from '../panel/figures.ts';
import { showLive } from '../panel/live.ts';
import { renderRollout } from '../panel/panel.ts';
import { type Session, wantsColour } from '../terminal.ts';
import { clean, table } from '../text.ts';
import { reportStatus, type StatusOptions } from './status.ts';

interface ListOptions extends ServerOptions {
  readonly route?: string;
  readonly active?: boolean;
  readonly limit: string;
}

export function registerShow(program: Command, session: Session): void {
  takesServer(program.command('list').description('list rollouts, newest first'))
    .option('--route <route>', 'of one route only')
    .option('--active', 'only those that run')
    .option('--limit <count>', 'at most so many', '20')
    .action(async (options: ListOptions) => {
      const query = new URLSearchParams({ limit: options.limit });
      if (options.route !== undefined) query.set('route', options.route);
      if (options.active) query.set('active', 'true');
      const views = await openClient(options, session).get(`/api/v1/rollouts?${query.toString()}`, rolloutViewsSchema);
      if (views.length === 0 && !['json', 'yaml'].includes(options.output)) {
        say(session, 'serin: no rollouts');
        return;
      }
      print(session, options.output, views, (format) => listTable(views, format));
    });

  takesServer(program.command('get').description('show one rollout').argument('<route|id>'))
    .option('-w, --watch', 'follow it until it has ended')
    .action(async (routeOrId: string, options: ServerOptions & { watch?: boolean }) => {
      const client = openClient(options, session);
      const view = await findRollout(client, routeOrId);
      if (options.watch) return showLive(client, view, options.output, session);
      const width = session.stdout.columns ?? 80;
      print(session, options.output, view, () => renderRollout(view, { width, colour: wantsColour(session) }));
    });

  takesServer(
    program
      .command('explain')
      .description(
        'say what the verdict rests on: what each check says, and each difference with its examples, and what the OpenAPI documents declare',
      )
      .argument('<route|id>'),
  ).action(async (routeOrId: string, options: ServerOptions) => {
    const view = await findRollout(openClient(options, session), routeOrId);
    const width = session.stdout.columns ?? 80;
    const { verdict, declared } = view;
    const explained = verdict === null && declared === null ? null : { ...verdict, declared };
    print(session, options.output, explained, () => renderExplanation(view, width));
  });

  takesServer(
    program
      .command('status')
      .description('say in one line where a rollout stands; the exit code says it too')
      .argument('<route|id>'),
  )
    .option('--wait', 'until it has ended, or waits for a person')
    .option('--timeout <duration>', 'wait at most so long (30s, 10m); exit code 4 then')
    .addHelpText(
      'after',
      '\nExit codes: 0 goes on or promoted, 3 rolled back or aborted, 4 timeout, 5 waiting for a human',
    )
    .action((routeOrId: string, options: StatusOptions) => reportStatus(routeOrId, options, session));
}

function listTable(views: readonly RolloutView[], format: 'table' | 'wide'): string {
  const wide = format === 'wide';
  const heading = ['ROUTE', 'STAGE', 'WEIGHT', 'CANARY', 'VERDICT', 'LOOKED', 'FOR'];
  const rows = views.map((view) => {
    const until = Date.parse(view.endedAt ?? view.lookedAt);
    const row = [
      view.route,
      view.paused ? `${view.stage} (paused)` : view.stage,
      view.canaryWeight,
      view.canary.version,
      view.verdict?.name ?? '-',
      view.look === null ? '-' : `${formatSpan(view.look.agoMs)} ago${view.look.trouble === null ? '' : ' (failing)'}`,
      shortSpan(until - Date.parse(view.startedAt)),
    ];
    return wide ? [...row, view.id, view.policy.name, view.startedAt, clean(view.reason)] : row;
  });
  return table(wide ? [...heading, 'ID', 'POLICY', 'STARTED', 'REASON'] : heading, rows);
}
