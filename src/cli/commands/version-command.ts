import type { Command } from 'commander';
import { Problem } from '../../problem/problem.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { print } from '../output.ts';
import type { Session } from '../terminal.ts';

export function registerVersion(program: Command, session: Session): void {
  takesServer(program.command('version').description('the version of this command line and of the server')).action(
    async (options: ServerOptions) => {
      const client = program.version() ?? 'unknown';
      const server = await openClient(options, session)
        .build()
        .catch((error: unknown) => {
          if (error instanceof Problem && error.code === 'unavailable') return null;
          throw error;
        });
      print(session, options.output, { client, server: server?.version ?? null }, () =>
        [`serin ${client}`, server ? `server ${server.version} on Node ${server.node}` : 'server unreachable'].join(
          '\n',
        ),
      );
    },
  );
}
