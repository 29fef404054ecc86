import { type Command, Option } from 'commander';
import { type ListChangeView, listChangeViewSchema } from '../../api/consumers/consumer-view.ts';
import { counted } from '../../policy/counted.ts';
import { weight } from '../../policy/units.ts';
import { Problem } from '../../problem/problem.ts';
import type { ConsumerRule } from '../../split/order.ts';
import { confirm, reasonFor } from '../ask.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { loadConsumerFile } from '../consumer-file.ts';
import { changesPath, RULES, showDry, waveOf } from '../consumer-list.ts';
import { listChangeText } from '../list-change-text.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { clean } from '../text.ts';

interface ChangeOptions extends ServerOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

interface MoveOptions extends ChangeOptions {
  readonly wave?: string;
  readonly group?: string;
  readonly share?: string;
  readonly to: ConsumerRule;
}

/** The commands that change many consumers at once: what they do to whom is shown before it is done. */
export function registerListChanges(consumers: Command, session: Session): void {
  const takesChange = (command: Command) =>
    takesServer(command)
      .option('--dry-run', 'only say what it would do to whom, and change nothing')
      .option('-y, --yes', 'do not ask; needed where there is no terminal to ask on')
      .option('--reason <text>', 'why; kept in the audit log');

  takesChange(
    consumers
      .command('move')
      .description('move listed consumers: a wave, a group or a share of it, or by name')
      .argument('<route>')
      .argument('[names...]'),
  )
    .option('--wave <number>', 'those of this wave')
    .option('--group <name>', 'those of this group')
    .option(
      '--share <weight>',
      'so much of the group has the canary then, such as 30%, in whole consumers: rounded down, at least one; a lower share takes the last ones back',
    )
    .addOption(new Option('--to <version>', 'what they get').choices(RULES).default('canary'))
    .action((route: string, names: readonly string[], options: MoveOptions) =>
      change(route, { kind: 'move', who: whoIsMoved(names, options), to: options.to }, options),
    );

  takesChange(
    consumers
      .command('import')
      .description('list the consumers of a file; those that are new get the stable, and nobody is moved')
      .argument('<route>')
      .argument('<file>'),
  )
    .option('--prune', 'take consumers off the list that are not in the file')
    .action(async (route: string, file: string, options: ChangeOptions & { prune?: boolean }) => {
      const read = await loadConsumerFile(file, session.env);
      const body = { kind: 'import', consumers: read.consumers, prune: options.prune ?? false };
      await change(route, body, options).catch((error: unknown) => {
        throw error instanceof Problem ? read.placed(error) : error;
      });
    });

  async function change(route: string, body: object, options: ChangeOptions): Promise<void> {
    const { output } = options;
    const client = openClient(options, session);
    const path = changesPath(route);
    const post = (to: string, sent: object, tag?: string): Promise<ListChangeView> =>
      client.send('POST', to, listChangeViewSchema, sent, tag);
    const preview = await post(`${path}/preview`, body);
    if (options.dryRun) {
      showDry(session, output, preview);
      return;
    }
    const isText = output === 'table' || output === 'wide';
    if (preview.changes.length === 0) {
      print(session, output, preview, () => listChangeText(preview));
      return;
    }
    say(session, listChangeText(preview));
    const many = counted(preview.changes.length, 'consumer');
    if (!options.yes && !session.isTTY) {
      throw new Problem('invalid-input', 'nothing was done: there is no terminal to ask on, so give --yes');
    }
    await confirm(session, options, `Change ${many} of ${route}`);
    const reason = await reasonFor(session, options.reason, `change ${many} of ${route}`);
    const done = await post(path, { ...body, reason }, `"${preview.list}"`);
    if (isText)
      say(session, `serin: ${counted(done.changes.length, 'consumer')} of ${route} changed, as one entry of the audit`);
    else print(session, output, done, () => '');
  }
}

function whoIsMoved(names: readonly string[], { wave, group, share }: MoveOptions): object {
  const ways = [names.length > 0, wave !== undefined, group !== undefined].filter(Boolean).length;
  if (ways !== 1) {
    throw new Problem(
      'invalid-input',
      'say whom to move in one way: --wave 2, --group beta (perhaps with --share 30%), or names',
    );
  }
  if (share !== undefined && group === undefined) {
    throw new Problem('invalid-input', '--share is of a group: give --group as well');
  }
  if (share !== undefined && !weight.safeParse(share).success) {
    throw new Problem('invalid-input', `--share ${clean(share)} is no share from 0% to 100%, such as 30%`);
  }
  if (wave !== undefined) return { wave: waveOf(wave) };
  if (group !== undefined) return { group, ...(share === undefined ? {} : { share }) };
  return { names };
}
