import type { Command } from 'commander';
import { type RolloutView, startedViewSchema } from '../../api/view-schemas.ts';
import { confirm, reasonFor } from '../ask.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { clean } from '../text.ts';
import { statusLine } from './status.ts';

interface StartOptions extends ServerOptions {
  readonly canary: string;
  readonly versionName?: string;
  readonly policy?: string;
  readonly reason?: string;
  readonly replace?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
}

export function registerStart(program: Command, session: Session): void {
  takesServer(program.command('start').description('start a rollout of a new version').argument('<route>'))
    .requiredOption('--canary <url>', 'where the new version answers')
    .option('--version-name <name>', 'what people call it (default: taken from the URL)')
    .option('--policy <name>', "a policy other than the route's own")
    .option('--reason <text>', 'why; kept in the audit log')
    .option('--replace', 'supersede the rollout that runs; the same version and policy go on as they are')
    .option('--force', 'start a version that was rolled back before')
    .option('-y, --yes', 'do not ask')
    .action(async (route: string, options: StartOptions) => {
      const { canary, versionName, policy, replace = false, force = false } = options;
      const reason = await reasonFor(session, options.reason, `start ${canary} on ${route}`);
      if (replace) await confirm(session, options, `Supersede what runs on ${route}`);
      const view = await openClient(options, session).send('POST', '/api/v1/rollouts', startedViewSchema, {
        route,
        canaryUrl: canary,
        ...(versionName === undefined ? {} : { version: versionName }),
        ...(policy === undefined ? {} : { policy }),
        replace,
        force,
        reason,
      });
      print(session, options.output, view, () => `${view.id}\n${statusLine(view)}`);
      if (!view.created) say(session, `serin: ${nothingChanged(view)}`);
    });
}

/** A pipeline that runs twice starts nothing twice, whatever its flags. */
function nothingChanged({ route, canary, policy }: RolloutView): string {
  return clean(
    `${canary.version} rolls out on ${route} already, from ${canary.url} under ${policy.name}: nothing was changed. ` +
      `To judge it anew, serin abort ${route} and serin retry ${route}`,
  );
}
