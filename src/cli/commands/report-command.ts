import type { Command } from 'commander';
import { reportViewSchema } from '../../api/report/report-schema.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { findRollout, rolloutPath, UUID } from '../find-rollout.ts';
import { print } from '../output.ts';
import type { Session } from '../terminal.ts';
import { renderReport } from './report-text.ts';

/** A post-mortem is read in mails and tickets, whatever the terminal that it was made in. */
const WIDEST = 80;

interface ReportOptions extends ServerOptions {
  readonly policy?: boolean;
}

export function registerReport(program: Command, session: Session): void {
  takesServer(
    program
      .command('report')
      .description(
        'tell a whole rollout, for a post-mortem: what happened, why, where, and how to check it; times are UTC',
      )
      .argument('<route|id>'),
  )
    .option('--policy', 'only the policy that it kept, as YAML')
    .action(async (routeOrId: string, options: ReportOptions) => {
      const client = openClient(options, session);
      const id = UUID.test(routeOrId) ? routeOrId : (await findRollout(client, routeOrId)).id;
      const view = await client.get(rolloutPath(id, '/report'), reportViewSchema);
      if (options.policy) {
        session.stdout.write(view.policy.yaml);
        return;
      }
      print(session, options.output, view, () =>
        renderReport(view, Math.min(WIDEST, session.stdout.columns ?? WIDEST)),
      );
    });
}
