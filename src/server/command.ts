import type { Command } from 'commander';
import type { ServerTerminal } from './terminal.ts';

interface ConfigOption {
  readonly config: string;
}

/**
 * `serve`, `migrate` and `doctor`: the commands that need the server's own parts, loaded only when one of them runs so
 * that every other command starts quickly.
 */
export function registerServerCommands(program: Command, terminal: ServerTerminal, exit: (code: number) => void): void {
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the file that declares routes and channels', 'serin.yaml');

  command('serve', 'run the gateway, the judge and the control API in this process').action(
    async ({ config }: ConfigOption) => {
      const { serve } = await import('./serve.ts');
      exit(await serve(config, terminal));
    },
  );
  command('migrate', 'bring the database to the present schema').action(async ({ config }: ConfigOption) => {
    const { migrate } = await import('./doctor.ts');
    exit(await migrate(config, terminal));
  });
  command('doctor', 'check configuration, policies and database, and say what is in force').action(
    async ({ config }: ConfigOption) => {
      const { doctor } = await import('./doctor.ts');
      exit(await doctor(config, terminal));
    },
  );
}
