import type { Command } from 'commander';
import { previewViewSchema } from '../../api/preview/preview-view.ts';
import { type RolloutView, rolloutViewSchema } from '../../api/view-schemas.ts';
import { Problem } from '../../problem/problem.ts';
import type { Verb } from '../../rollout/acts/deed.ts';
import { confirm, reasonFor } from '../ask.ts';
import type { ApiClient } from '../client.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { EXIT } from '../exit-code.ts';
import { findRollout, rolloutPath } from '../find-rollout.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { clean } from '../text.ts';
import { statusLine } from './status.ts';

interface OverrideOptions extends ServerOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly to?: string;
  readonly full?: boolean;
  readonly repair?: boolean;
  readonly leaveBehind?: boolean;
  readonly dryRun?: boolean;
}

/** One verb: where and what it posts, and the question to ask first if it cannot be undone. */
interface Posted {
  readonly verb: Verb;
  /** `/VERB` where it is omitted. */
  readonly path?: string;
  readonly body?: object;
  /** What a preview takes in place of the body. */
  readonly previewed?: object;
  readonly question?: string;
  /** The gate that it is about. */
  readonly gate?: string;
}

const LEAVE_BEHIND = 'go on without the consumers that still need the old version; the audit names them';

function leaving({ leaveBehind }: OverrideOptions): { readonly leaveBehind?: true } {
  return leaveBehind ? { leaveBehind: true } : {};
}

export function registerOverrides(program: Command, session: Session): void {
  const verb = (parent: Command, name: string, does: string, ...more: readonly string[]) => {
    const command = takesServer(parent.command(name).description(does)).argument('<route|id>');
    for (const argument of more) command.argument(argument);
    return command
      .option('--reason <text>', 'why; kept in the audit log')
      .option('-y, --yes', 'do not ask')
      .option(
        '--dry-run',
        'only say what it would do, and change nothing: exit code 0, or 1 where it would be refused',
      );
  };
  const plain = (name: Verb, does: string, question?: string) =>
    verb(program, name, does).action((routeOrId: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({ verb: name, ...(question ? { question } : {}) })),
    );

  async function act(
    routeOrId: string,
    options: OverrideOptions,
    postedOf: (view: RolloutView) => Posted,
  ): Promise<void> {
    const client = openClient(options, session);
    const before = await findRollout(client, routeOrId);
    const posted = postedOf(before);
    if (options.dryRun) return preview(client, before, options, posted);
    const { verb: name, path = `/${name}`, body = {}, question } = posted;
    const what = `${path.slice(1).replaceAll('/', ' ')} ${before.route}`;
    const reason = await reasonFor(session, options.reason, what);
    const { route, canary, canaryWeight } = before;
    if (question) await confirm(session, options, `${question} ${canary.version} of ${route}, now at ${canaryWeight}`);
    const view = await client.send('POST', rolloutPath(before.id, path), rolloutViewSchema, { ...body, reason });
    print(session, options.output, view, () => statusLine(view));
    const waits = stillWaits(view, posted);
    if (waits !== null) say(session, `serin: ${clean(waits)}`);
    if (before.paused && view.paused) {
      const now = `${route} stays paused, with ${view.canaryWeight} on ${canary.version} now`;
      say(session, `serin: ${now}: nothing advances by itself until \`serin resume ${route}\``);
    }
  }

  async function preview(
    client: ApiClient,
    { id }: RolloutView,
    { output, reason }: OverrideOptions,
    { verb: name, body, previewed = body }: Posted,
  ): Promise<void> {
    const asked = { verb: name, ...previewed, ...(reason === undefined ? {} : { reason }) };
    const view = await client.send('POST', rolloutPath(id, '/preview'), previewViewSchema, asked);
    const isText = output === 'table' || output === 'wide';
    if (!isText || view.refused === null) print(session, output, view, () => view.says.map(clean).join('\n'));
    if (view.refused !== null) {
      if (isText) say(session, `serin: it would be refused: ${clean(view.refused)}`);
      session.exit(EXIT.error);
    }
    if (isText) say(session, 'serin: nothing was done, for this was a dry run');
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
    .option('--leave-behind', LEAVE_BEHIND)
    .action((routeOrId: string, options: OverrideOptions) =>
      act(routeOrId, options, ({ nextStage, route, stage }) => {
        const to = options.to ?? nextStage;
        if (to === null) throw new Problem('refused', `${route} is ${stage}: there is no next stage`);
        return { verb: 'advance', body: { to, ...leaving(options) } };
      }),
    );
  verb(program, 'promote', 'go to 100% now, with the bake')
    .option('--full', 'without the bake')
    .option(
      '--repair',
      'the canary mends a stable that fails more than half of its requests: at once, without the bake, and recorded as a repair',
    )
    .option('--leave-behind', LEAVE_BEHIND)
    .action((routeOrId: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({
        verb: 'promote',
        body: { ...(options.repair ? { repair: true } : { full: options.full ?? false }), ...leaving(options) },
        question: options.repair ? 'Promote to 100% at once as a repair, without the bake:' : 'Promote to 100%:',
      })),
    );
  verb(program, 'weight', 'set the weight of the present step: 25%', '<weight>').action(
    (routeOrId: string, weight: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({ verb: 'weight', body: { weight } })),
  );
  verb(program, 'extend', 'make the present stage longer: 30m', '<duration>').action(
    (routeOrId: string, by: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({ verb: 'extend', body: { by } })),
  );
  verb(program, 'skip', 'take a check out of the verdict: p99', '<check>').action(
    (routeOrId: string, check: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({ verb: 'skip', body: { check } })),
  );

  const gate = program.command('gate').description('the gates of the present stage');
  verb(gate, 'pass', 'open a gate, or approve it where several people have to', '<gate>').action(
    (routeOrId: string, name: string, options: OverrideOptions) =>
      act(routeOrId, options, () => ({
        verb: 'gate',
        path: `/gates/${encodeURIComponent(name)}`,
        previewed: { gate: name },
        gate: name,
      })),
  );
}

/** What a second person still has to do, so that nobody takes it for done; null where it is done. */
function stillWaits({ asked, version, gates, route }: RolloutView, { gate: passed }: Posted): string | null {
  const mine = asked.find((one) => one.version === version);
  if (mine) return `not done yet: ${mine.says}`;
  const gate = gates.find(({ name }) => name === passed);
  if (!gate?.approval || gate.open) return null;
  const { by, approvals } = gate.approval;
  const names = approvals.map(({ name }) => name).join(', ');
  return `gate ${gate.name} of ${route} stays closed: ${approvals.length} of ${by} approvals (${names})`;
}
