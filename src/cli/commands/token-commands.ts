import { type Command, Option } from 'commander';
import { newTokenViewSchema, type TokenViews, tokenViewsSchema } from '../../api/view-schemas.ts';
import { Problem } from '../../problem/problem.ts';
import { ROLES, type Role } from '../../rollout/event.ts';
import { confirm, reasonFor } from '../ask.ts';
import type { ApiClient } from '../client.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { UUID } from '../find-rollout.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { table } from '../text.ts';

interface ChangeOptions extends ServerOptions {
  readonly role: Role;
  readonly route?: readonly string[];
  readonly verb?: readonly string[];
  readonly expires?: string;
  readonly logVersion?: string;
  readonly reason?: string;
  readonly yes?: boolean;
}

export function registerTokens(program: Command, session: Session): void {
  const token = program.command('token').description('who may use the control API');

  takesServer(token.command('create').description('make a token; it is shown this once').argument('<name>'))
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option(
      '--route <route>',
      'only this route, and again for more; with logs:write: the route that its lines belong to',
      each,
    )
    .option('--verb <verb>', 'with operator: only this verb, and again for more, such as pause and rollback', each)
    .option('--expires <when>', 'after a duration such as 30d, or at a time such as 2026-12-31T23:59:59Z')
    .option('--log-version <version>', 'with logs:write: the version that its lines are of')
    .option('--reason <text>', 'why; kept in the audit log')
    .action(async (name: string, options: ChangeOptions) => {
      const { role, expires } = options;
      refuseStrayOptions(options);
      const reason = await reasonFor(session, options.reason, `make a token for ${name}`);
      const client = openClient(options, session);
      const made = await client.send('POST', '/api/v1/tokens', newTokenViewSchema, {
        name,
        role,
        ...limitsOf(options),
        ...(expires === undefined ? {} : { expires }),
        reason,
      });
      print(session, options.output, made, () => made.token);
      const limits = limitsInWords(made);
      const until = made.expiresAt === null ? '' : `, until ${made.expiresAt}`;
      say(
        session,
        `serin: token ${made.id} (${made.name}, ${made.role}${limits === '-' ? '' : `: ${limits}`}${until}); it is not shown again`,
      );
    });

  takesServer(token.command('list').description('list them, without the tokens themselves')).action(
    async (options: ServerOptions) => {
      const views = await openClient(options, session).all('/api/v1/tokens', tokenViewsSchema);
      print(session, options.output, views, () =>
        table(
          ['ID', 'NAME', 'ROLE', 'LIMITED TO', 'CREATED', 'EXPIRES', 'LAST USED', 'REVOKED'],
          views.map((view) => [
            view.id,
            view.name,
            view.role,
            limitsInWords(view),
            view.createdAt,
            view.expiresAt ?? '-',
            view.lastUsedAt ?? '-',
            view.revokedAt ?? '-',
          ]),
        ),
      );
    },
  );

  takesServer(
    token
      .command('revoke')
      .description('end a token for ever; the last admin token stays')
      .argument('<id|name>', 'its id, or the name that no other token has'),
  )
    .option('--reason <text>', 'why; kept in the audit log')
    .option('-y, --yes', 'do not ask')
    .action(async (idOrName: string, options: ChangeOptions) => {
      const reason = await reasonFor(session, options.reason, `revoke ${idOrName}`);
      const client = openClient(options, session);
      const id = await findToken(client, idOrName);
      const which = id === idOrName ? id : `${id} (${idOrName})`;
      await confirm(session, options, `Revoke token ${which}`);
      const query = new URLSearchParams({ reason }).toString();
      await client.remove(`/api/v1/tokens/${encodeURIComponent(id)}?${query}`);
      say(session, `serin: token ${which} is revoked`);
    });
}

function each(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** What the options say of the body. */
function limitsOf({ role, route, verb, logVersion: version }: ChangeOptions): object {
  if (role === 'logs:write') {
    const bound = {
      ...(route === undefined ? {} : { route: route[0] }),
      ...(version === undefined ? {} : { version }),
    };
    return Object.keys(bound).length > 0 ? { sender: bound } : {};
  }
  const scope = { ...(route === undefined ? {} : { routes: route }), ...(verb === undefined ? {} : { verbs: verb }) };
  return Object.keys(scope).length > 0 ? { scope } : {};
}

/** `payments: pause, rollback`, `logs of shop v2`, `logs of every route`; a dash where the role alone decides. */
function limitsInWords({ role, sender, scope }: Pick<TokenViews[number], 'role' | 'sender' | 'scope'>): string {
  if (scope !== null || role !== 'logs:write') return scopeInWords(scope);
  return ['logs of', sender?.route ?? 'every route', ...(sender?.version === undefined ? [] : [sender.version])].join(
    ' ',
  );
}

export function scopeInWords(scope: TokenViews[number]['scope']): string {
  if (scope === null) return '-';
  const verbs = scope.verbs === null ? '' : `: ${scope.verbs.join(', ')}`;
  return `${scope.routes?.join(', ') ?? 'every route'}${verbs}`;
}

function refuseStrayOptions({ role, route, verb, logVersion }: ChangeOptions): void {
  const refuse = (message: string) => {
    throw new Problem('invalid-input', message);
  };
  if (logVersion !== undefined && role !== 'logs:write') {
    refuse('--log-version says whose log lines a token sends, so only --role logs:write takes it');
  }
  if (role === 'logs:write' && (route?.length ?? 0) > 1) {
    refuse('a token that sends log lines is for one --route, or for all: make one for each');
  }
  if (role === 'admin' && route !== undefined) {
    refuse('--route limits nobody whose role is admin, because an admin can make any other token');
  }
  if (verb !== undefined && role !== 'operator') {
    refuse(`--verb says what an operator may do, so only --role operator takes it; ${role} is given`);
  }
}

/** The id itself, or that of the only token in use with this name: two tokens may share a name. */
async function findToken(client: ApiClient, idOrName: string): Promise<string> {
  if (UUID.test(idOrName)) return idOrName;
  const views = await client.all('/api/v1/tokens', tokenViewsSchema);
  const named = views.filter(({ name, revokedAt }) => name === idOrName && revokedAt === null);
  const [only] = named;
  if (!only) {
    const ended = views.filter(({ name }) => name === idOrName).at(-1)?.revokedAt;
    if (ended) throw new Problem('refused', `token ${idOrName} was revoked already at ${ended}`);
    throw new Problem('not-found', `there is no token ${idOrName}: give its id or its name (\`serin token list\`)`);
  }
  if (named.length > 1) {
    const ids = named.map(({ id }) => id).join(', ');
    throw new Problem(
      'invalid-input',
      `${named.length} tokens are called ${idOrName}: give the id of one of them: ${ids}`,
    );
  }
  return only.id;
}
