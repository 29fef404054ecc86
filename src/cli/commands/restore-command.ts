import type { Command } from 'commander';
import { type RestoreView, restoreViewSchema } from '../../api/restore/restore-view.ts';
import { Problem } from '../../problem/problem.ts';
import { confirm, reasonFor } from '../ask.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { print, say } from '../output.ts';
import { restoreText } from '../restore-text.ts';
import type { Session } from '../terminal.ts';
import { clean } from '../text.ts';

interface RestoreOptions extends ServerOptions {
  readonly to: string;
  readonly reason?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Shows what a restore changes, asks, and does exactly that. */
export function registerRestore(program: Command, session: Session): void {
  takesServer(
    program
      .command('restore')
      .description('put the configuration of a route back as it was before an entry of the audit')
      .argument('<route>')
      .requiredOption('--to <seq>', 'the number of the entry, which serin audit shows: what was before it comes back'),
  )
    .option('--dry-run', 'only say what it would put back, and change nothing')
    .option('-y, --yes', 'do not ask; needed where there is no terminal to ask on')
    .option('--reason <text>', 'why; kept in the audit log')
    .action(async (route: string, options: RestoreOptions) => {
      const { output } = options;
      const client = openClient(options, session);
      const to = numberOf(options.to);
      const path = `/api/v1/routes/${encodeURIComponent(route)}/restore`;
      const post = (at: string, sent: object, tag?: string): Promise<RestoreView> =>
        client.send('POST', at, restoreViewSchema, sent, tag);
      const preview = await post(`${path}/preview`, { to });
      const isText = output === 'table' || output === 'wide';
      if (options.dryRun || preview.verbs.length === 0) {
        print(session, output, preview, () => restoreText(preview));
        if (options.dryRun && isText) say(session, 'serin: nothing was done, for this was a dry run');
        return;
      }
      say(session, restoreText(preview));
      if (!options.yes && !session.isTTY) {
        throw new Problem('invalid-input', 'nothing was done: there is no terminal to ask on, so give --yes');
      }
      const what = `put ${clean(route)} back to before entry ${to}`;
      await confirm(session, options, `P${what.slice(1)}`);
      const reason = await reasonFor(session, options.reason, what);
      const done = await post(path, { to, reason }, `"${preview.state}"`);
      if (!isText) print(session, output, done, () => '');
      else if (done.asked !== null)
        say(session, `serin: nothing is put back until a second person does the same: ${clean(done.asked)}`);
      else if (done.seq === null) say(session, `serin: ${clean(route)} was put back to before entry ${to}`);
      else {
        say(
          session,
          `serin: ${clean(route)} was put back to before entry ${to}, as entry ${done.seq}; to take it back: serin restore ${clean(route)} --to ${done.seq}`,
        );
      }
    });
}

function numberOf(text: string): number {
  const number = Number(text);
  if (/^\d{1,15}$/.test(text) && number > 0) return number;
  throw new Problem(
    'invalid-input',
    `--to ${clean(text)} is no number of an entry, such as 12; serin audit shows them`,
  );
}
