import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  configurationViewSchema,
  type Differences,
  differencesSchema,
  type ReloadView,
  reloadViewSchema,
} from '../../api/configuration/configuration-view.ts';
import { Problem } from '../../problem/problem.ts';
import { readFailure } from '../../problem/read-failure.ts';
import { reasonFor } from '../ask.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { EXIT } from '../exit-code.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { clean, table } from '../text.ts';

interface ReloadOptions extends ServerOptions {
  readonly dryRun?: boolean;
  readonly reason?: string;
}

type Difference = Differences['differences'][number];

/** The configuration of a running Serin: read again, written out, compared with a file. */
export function registerConfiguration(program: Command, session: Session): void {
  takesServer(program.command('reload').description('read serin.yaml and the policies again, and put them into force'))
    .option('--dry-run', 'only say what would change')
    .option('--reason <text>', 'why; kept in the audit log')
    .action(async (options: ReloadOptions) => {
      const dryRun = options.dryRun === true;
      const reason = dryRun ? 'a dry run' : await reasonFor(session, options.reason, 'read serin.yaml again');
      const client = openClient(options, session);
      const view = await client.send('POST', '/api/v1/reload', reloadViewSchema, { reason, dryRun });
      print(session, options.output, view, () => reloadText(view, dryRun ? 'would' : 'did'));
    });

  takesServer(program.command('export').description('print the configuration in force as serin.yaml')).action(
    async (options: ServerOptions) => {
      const view = await openClient(options, session).get('/api/v1/configuration', configurationViewSchema);
      print(session, options.output, view, () => view.yaml.trimEnd());
      if (view.fault !== null)
        say(session, `serin: ${clean(view.file ?? 'the file')} was refused since: ${clean(view.fault)}`);
    },
  );

  takesServer(
    program
      .command('diff')
      .description('compare a serin.yaml with the configuration in force: exit code 0 if it says the same, 1 if not')
      .argument('[file]', 'the file', 'serin.yaml'),
  ).action(async (file: string, options: ServerOptions) => {
    const body = { text: await textOf(file), file };
    const view = await openClient(options, session).send('POST', '/api/v1/configuration/diff', differencesSchema, body);
    print(session, options.output, view, () => differencesText(view.differences) || 'no difference');
    if (view.differences.length > 0) session.exit(EXIT.error);
  });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Problem('invalid-input', readFailure(file, cause), { cause });
  }
}

function reloadText({ applied, waiting }: ReloadView, what: 'did' | 'would'): string {
  const nothing = what === 'did' ? 'nothing changed' : 'nothing would change';
  return differencesText([...applied, ...waiting]) || nothing;
}

const EFFECTS: Readonly<Record<Difference['effect'], string>> = {
  applied: '',
  'needs-restart': 'needs a restart',
  refused: 'refused while a rollout runs there',
  promoted: 'promoted by a rollout; the file may keep what it says',
};

function differencesText(differences: readonly Difference[]): string {
  if (differences.length === 0) return '';
  return table(
    ['FIELD', 'BEFORE', 'AFTER', ''],
    differences.map(({ path, before, after, effect }) => [path, valueText(before), valueText(after), EFFECTS[effect]]),
  );
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return clean(typeof value === 'string' ? value : JSON.stringify(value));
}
