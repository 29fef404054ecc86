import type { Command } from 'commander';
import { type RolloutView, rolloutViewSchema } from '../../api/view-schemas.ts';
import { Problem } from '../../problem/problem.ts';
import { confirm, reasonFor } from '../ask.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { findRollout, rolloutPath } from '../find-rollout.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { statusLine } from './status.ts';

interface OverrideOptions extends ServerOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly to?: string;
  readonly full?: boolean;
  readonly repair?: boolean;
}

/** One verb: what it posts, and the question to ask first if it cannot be undone. */
interface Override {
  readonly path: string;
  readonly body?: object;
  readonly question?: string;
}

export function registerOverrides(program: Command, session: Session): void {
  const verb = (parent: Command, name: string, does: string, ...more: readonly string[]) => {
    const command = takesServer(parent.command(name).description(does)).argument('<route|id>');
    for (const argument of more) command.argument(argument);
    return command.option('--reason <text>', 'why; kept in the audit log').option('-y, --yes', 'do not ask');
  };
  const plain = (name: string, does: string, question?: string) =>
    verb(program, name, does).action((routeOrId: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({ path: `/${name}`, ...(question ? { question } : {}) })),
    );

  async function act(
    routeOrId: string,
    options: OverrideOptions,
    overrideOf: (view: RolloutView) => Override,
  ): Promise<void> {
    const client = openClient(options, session);
    const before = await findRollout(client, routeOrId);
    const { path, body = {}, question } = overrideOf(before);
    const what = `${path.slice(1).replaceAll('/', ' ')} ${before.route}`;
    const reason = await reasonFor(session, options.reason, what);
    const { route, canary, canaryWeight } = before;
    if (question) await confirm(session, options, `${question} ${canary.version} of ${route}, now at ${canaryWeight}`);
    const view = await client.send('POST', rolloutPath(before.id, path), rolloutViewSchema, { ...body, reason });
    print(session, options.output, view, () => statusLine(view));
    if (before.paused && view.paused) {
      const now = `${route} stays paused, with ${view.canaryWeight} on ${canary.version} now`;
      say(session, `serin: ${now}: nothing advances by itself until \`serin resume ${route}\``);
    }
  }

  plain('pause', 'hold the rollout; harm still rolls back');
  plain('resume', 'end a pause');
  plain('rollback', 'back to the stable at once; the version is blamed', 'Roll back');
  plain('abort', 'back to the stable at once; nobody is blamed', 'Abort');
  plain('retry', 'try an ended rollout again, with fresh evidence');
  plain('rebase', 'go on under the edited policy, with fresh evidence');
  plain('finalise', 'make the promoted version the stable', 'Make stable');

  verb(program, 'advance', 'go to the next stage now')
    .option('--to <stage>', 'the stage that is meant (default: the next one)')
    .action((routeOrId: string, options: OverrideOptions) =>
      act(routeOrId, options, ({ nextStage, route, stage }) => {
        const to = options.to ?? nextStage;
        if (to === null) throw new Problem('refused', `${route} is ${stage}: there is no next stage`);
        return { path: '/advance', body: { to } };
      }),
    );
  verb(program, 'promote', 'go to 100% now, with the bake')
    .option('--full', 'without the bake')
    .option(
      '--repair',
      'the canary mends a stable that fails more than half of its requests: at once, without the bake, and recorded as a repair',
    )
    .action((routeOrId: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({
        path: '/promote',
        body: options.repair ? { repair: true } : { full: options.full ?? false },
        question: options.repair ? 'Promote to 100% at once as a repair, without the bake:' : 'Promote to 100%:',
      })),
    );
  verb(program, 'weight', 'set the weight of the present step: 25%', '<weight>').action(
    (routeOrId: string, weight: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({ path: '/weight', body: { weight } })),
  );
  verb(program, 'extend', 'make the present stage longer: 30m', '<duration>').action(
    (routeOrId: string, by: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({ path: '/extend', body: { by } })),
  );
  verb(program, 'skip', 'take a check out of the verdict: p99', '<check>').action(
    (routeOrId: string, check: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({ path: '/skip', body: { check } })),
  );

  const gate = program.command('gate').description('the gates of the present stage');
  verb(gate, 'pass', 'open a gate', '<gate>').action((routeOrId: string, name: string, options: OverrideOptions) =>
    act(routeOrId, options, () => ({ path: `/gates/${encodeURIComponent(name)}` })),
  );
}
