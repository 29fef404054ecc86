import { type Command, Option } from 'commander';
import type { ConsumerView } from '../../api/control.ts';
import { consumerViewSchema, consumerViewsSchema } from '../../api/view-schemas.ts';
import { Problem } from '../../problem/problem.ts';
import type { ConsumerRule } from '../../split/order.ts';
import { reasonFor } from '../ask.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { table } from '../text.ts';

interface AddOptions extends ServerOptions {
  readonly to: ConsumerRule;
  readonly key?: string;
  readonly keyEnv?: string;
  readonly keyStdin?: boolean;
  readonly clientId?: string;
  readonly reason?: string;
}

export function registerConsumers(program: Command, session: Session): void {
  const consumers = program.command('consumers').description('which consumers of a route get which version');
  const rules: readonly ConsumerRule[] = ['canary', 'stable', 'by-weight'];

  takesServer(consumers.command('list').description('list them').argument('<route>')).action(
    async (route: string, options: ServerOptions) => {
      const views = await openClient(options, session).get(pathOf(route), consumerViewsSchema);
      print(session, options.output, views, () =>
        table(
          ['NAME', 'GETS', 'SINCE'],
          views.map(({ name, rule, changedAt }) => [name, rule, changedAt]),
        ),
      );
    },
  );

  takesServer(
    consumers
      .command('add')
      .description('list a consumer, or change what it gets')
      .argument('<route>')
      .argument('<name>'),
  )
    .addOption(new Option('--to <version>', 'what it gets').choices(rules).makeOptionMandatory())
    .option('--key <key>', 'its credential (visible to others on this machine: prefer the next two)')
    .option('--key-env <variable>', 'take its credential from this environment variable')
    .option('--key-stdin', 'read its credential from standard input')
    .option('--client-id <id>', 'its client id, where the route knows consumers by that; it is no secret')
    .option('--reason <text>', 'why; kept in the audit log')
    .action(async (route: string, name: string, options: AddOptions) => {
      const key = await keyOf(options, session);
      const { clientId } = options;
      const reason = await reasonFor(session, options.reason, `give ${name} ${options.to}`);
      const is = key === undefined ? (clientId === undefined ? {} : { clientId }) : { key };
      const body = { rule: options.to, ...is, reason };
      const view = await openClient(options, session).send('PUT', pathOf(route, name), consumerViewSchema, body);
      print(session, options.output, view, () => saidOf(view));
    });

  takesServer(
    consumers.command('remove').description('take a consumer off the list').argument('<route>').argument('<name>'),
  )
    .option('--reason <text>', 'why; kept in the audit log')
    .action(async (route: string, name: string, options: ServerOptions & { reason?: string }) => {
      const reason = await reasonFor(session, options.reason, `remove ${name}`);
      const query = new URLSearchParams({ reason }).toString();
      await openClient(options, session).remove(`${pathOf(route, name)}?${query}`);
      say(session, `serin: ${name} is no longer listed for ${route}`);
    });
}

/** In the internal phase, and where nothing is rolled out, everybody gets the stable. */
function saidOf({ route, name, rule }: ConsumerView): string {
  return `${route}: ${name} gets ${rule}${rule === 'canary' ? ', from the first step of a rollout on' : ''}`;
}

function pathOf(route: string, name?: string): string {
  const list = `/api/v1/routes/${encodeURIComponent(route)}/consumers`;
  return name === undefined ? list : `${list}/${encodeURIComponent(name)}`;
}

async function keyOf({ key, keyEnv, keyStdin, clientId }: AddOptions, session: Session): Promise<string | undefined> {
  if ([key, keyEnv, keyStdin, clientId].filter((given) => given !== undefined).length > 1) {
    throw new Problem('invalid-input', 'give one of --key, --key-env, --key-stdin and --client-id');
  }
  if (keyStdin) return readAll(session.stdin);
  if (keyEnv === undefined) return key;
  const value = session.env[keyEnv];
  if (!value) throw new Problem('invalid-input', `the environment variable ${keyEnv} is not set`);
  return value;
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.toString();
  return text.replace(/\r?\n$/, '');
}
