import { type Command, Option } from 'commander';
import { consumerViewSchema, consumerViewsSchema, listChangeViewSchema } from '../../api/consumers/consumer-view.ts';
import type { ConsumerView } from '../../api/control.ts';
import { Problem } from '../../problem/problem.ts';
import type { ConsumerRule } from '../../split/order.ts';
import { reasonFor } from '../ask.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { sha256Of } from '../consumer-file.ts';
import { changesPath, consumersPath, RULES, showDry, waveOf } from '../consumer-list.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { table } from '../text.ts';
import { registerConsumerReport } from './consumer-report-command.ts';
import { registerListChanges } from './list-change-commands.ts';

interface AddOptions extends ServerOptions {
  readonly to: ConsumerRule;
  readonly keyEnv?: string;
  readonly keyStdin?: boolean;
  readonly clientId?: string;
  readonly group?: string;
  readonly wave?: string;
  readonly due?: string;
  readonly contact?: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

export function registerConsumers(program: Command, session: Session): void {
  const consumers = program.command('consumers').description('which consumers of a route get which version');

  takesServer(consumers.command('list').description('list them').argument('<route>')).action(
    async (route: string, options: ServerOptions) => {
      const views = await openClient(options, session).get(consumersPath(route), consumerViewsSchema);
      print(session, options.output, views, (format) => listText(views, format));
    },
  );

  registerConsumerReport(consumers, session);

  takesServer(
    consumers
      .command('add')
      .description('list a consumer, or change what it gets; what is left out stays as it is')
      .argument('<route>')
      .argument('<name>'),
  )
    .addOption(new Option('--to <version>', 'what it gets').choices(RULES).makeOptionMandatory())
    .option('--key-env <variable>', 'take its credential from this environment variable')
    .option('--key-stdin', 'read its credential from standard input')
    .option('--client-id <id>', 'its client id, where the route knows consumers by that; it is no secret')
    .option('--group <name>', 'those who are moved together, by share; empty for none')
    .option('--wave <number>', 'in which wave it is moved; empty for none')
    .option('--due <day>', 'the last day on the old version, such as 2027-03-01; empty for none')
    .option('--contact <text>', 'whom to write to; empty for nobody')
    .option('--dry-run', 'only say what it would do to whom, and change nothing')
    .option('--reason <text>', 'why; kept in the audit log')
    .action(async (route: string, name: string, options: AddOptions) => {
      const key = await keyOf(options, session);
      const consumer = {
        rule: options.to,
        ...(key === undefined ? {} : { keySha256: sha256Of(key) }),
        ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
        ...detailsOf(options),
      };
      const client = openClient(options, session);
      if (options.dryRun) {
        const body = { kind: 'put', name, ...consumer };
        showDry(
          session,
          options.output,
          await client.send('POST', `${changesPath(route)}/preview`, listChangeViewSchema, body),
        );
        return;
      }
      const reason = await reasonFor(session, options.reason, `give ${name} ${options.to}`);
      const view = await client.send('PUT', consumersPath(route, name), consumerViewSchema, { ...consumer, reason });
      print(session, options.output, view, () => saidOf(view));
    });

  takesServer(
    consumers.command('remove').description('take a consumer off the list').argument('<route>').argument('<name>'),
  )
    .option('--dry-run', 'only say what it would do to whom, and change nothing')
    .option('--reason <text>', 'why; kept in the audit log')
    .action(async (route: string, name: string, options: ServerOptions & { reason?: string; dryRun?: boolean }) => {
      const client = openClient(options, session);
      if (options.dryRun) {
        const body = { kind: 'remove', name };
        showDry(
          session,
          options.output,
          await client.send('POST', `${changesPath(route)}/preview`, listChangeViewSchema, body),
        );
        return;
      }
      const reason = await reasonFor(session, options.reason, `remove ${name}`);
      const query = new URLSearchParams({ reason }).toString();
      await client.remove(`${consumersPath(route, name)}?${query}`);
      say(session, `serin: ${name} is no longer listed for ${route}`);
    });

  registerListChanges(consumers, session);
}

function listText(views: readonly ConsumerView[], format: 'table' | 'wide'): string {
  const later = views.some(({ onceRulesCount }) => onceRulesCount !== null);
  const wide = format === 'wide';
  return table(
    [
      'NAME',
      'GETS',
      'NOW',
      ...(later ? ['FROM STEP-1 ON'] : []),
      'GROUP',
      'WAVE',
      'DUE',
      ...(wide ? ['CONTACT'] : []),
      'SINCE',
    ],
    views.map(({ name, rule, now, onceRulesCount, group, wave, due, isOverdue, contact, changedAt }) => [
      name,
      rule,
      now.says,
      ...(later ? [(onceRulesCount ?? now).says] : []),
      group ?? '',
      wave === null ? '' : String(wave),
      `${due ?? ''}${isOverdue ? ' overdue' : ''}`,
      ...(wide ? [contact ?? ''] : []),
      changedAt,
    ]),
  );
}

/** In the internal phase, and where nothing is rolled out, everybody gets the stable. */
function saidOf({ route, name, rule, now, onceRulesCount }: ConsumerView): string {
  const when = onceRulesCount === null ? `: ${now.says} now` : ', from the first step of a rollout on';
  return `${route}: ${name} gets ${rule}${rule === 'canary' || onceRulesCount === null ? when : ''}`;
}

function detailsOf({ group, wave, due, contact }: AddOptions) {
  const text = (given: string | undefined) => (given === '' ? null : given);
  return {
    ...(group === undefined ? {} : { group: text(group) }),
    ...(wave === undefined ? {} : { wave: wave === '' ? null : waveOf(wave) }),
    ...(due === undefined ? {} : { due: text(due) }),
    ...(contact === undefined ? {} : { contact: text(contact) }),
  };
}

async function keyOf({ keyEnv, keyStdin, clientId }: AddOptions, session: Session): Promise<string | undefined> {
  if ([keyEnv, keyStdin, clientId].filter((one) => one !== undefined).length > 1) {
    throw new Problem('invalid-input', 'give one of --key-env, --key-stdin and --client-id');
  }
  if (keyStdin) return given(await readAll(session.stdin), 'standard input is empty: no key was read');
  return keyEnv === undefined ? undefined : given(session.env[keyEnv], `the environment variable ${keyEnv} is not set`);
}

function given(key: string | undefined, otherwise: string): string {
  if (!key) throw new Problem('invalid-input', otherwise);
  return key;
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.toString();
  return text.replace(/\r?\n$/, '');
}
