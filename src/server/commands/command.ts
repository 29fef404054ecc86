import type { Command } from 'commander';
import { Problem } from '../../problem/problem.ts';
import type { ServerTerminal } from '../terminal.ts';

interface ConfigOption {
  readonly config: string;
}

interface ReasonOption extends ConfigOption {
  readonly reason: string;
}

interface DoctorOptions extends ConfigOption {
  readonly try?: string;
  readonly method?: string;
  readonly header: readonly string[];
}

const collect = (line: string, before: readonly string[]): readonly string[] => [...before, line];

/**
 * `serve`, `migrate`, `doctor`, `renew-...` and `force-token`: the commands that need the server's own parts, loaded only
 * when one of them runs, so that every other command starts quickly.
 */
export function registerServerCommands(program: Command, terminal: ServerTerminal, exit: (code: number) => void): void {
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the file that declares routes and channels', 'serin.yaml');

  command('serve', 'run the gateway, the judge and the control API in this process').action(
    async ({ config }: ConfigOption) => {
      const { serve } = await import('../serve.ts');
      exit(await serve(config, terminal));
    },
  );
  command('migrate', 'bring the database to the present schema').action(async ({ config }: ConfigOption) => {
    const { migrate } = await import('./doctor.ts');
    exit(await migrate(config, terminal));
  });
  command('doctor', 'run every check of serve, and print what each found')
    .option('--try <url>', 'only say which route takes this URL, and why; sends nothing')
    .option('--method <method>', 'with --try: the method of the request (default: GET)')
    .option('--header <line>', 'with --try: a header line, "Name: value"; may be repeated', collect, [])
    .action(async ({ config, try: url, method, header: headers }: DoctorOptions) => {
      if (url !== undefined) {
        const { tryUrl } = await import('./try-url.ts');
        exit(tryUrl({ file: config, url, method: method ?? 'GET', headers }, terminal));
        return;
      }
      if (method !== undefined || headers.length > 0) {
        throw new Problem('invalid-input', '--method and --header describe the request of --try: add --try');
      }
      const { doctor } = await import('./doctor.ts');
      exit(await doctor(config, terminal));
    });
  command('renew-admin-token', 'write a new admin token to the data folder, and revoke the previous one')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .action(async ({ config: file, reason }: ReasonOption) => {
      const { renewToken } = await import('./renew.ts');
      exit(await renewToken({ file, reason }, terminal));
    });
  command('renew-secret', 'replace the secret of the installation; removes the listed consumers')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .action(async ({ config: file, reason }: ReasonOption) => {
      const { renewSecret } = await import('./renew.ts');
      exit(await renewSecret({ file, reason }, terminal));
    });
  command('force-token', 'print a token that lets its bearer force a version of a route')
    .argument('<route>')
    .option('--for <duration>', 'how long it counts', '1h')
    .action(async (route: string, { config, for: validFor }: ConfigOption & { readonly for: string }) => {
      const { issueForceToken } = await import('./force-token.ts');
      exit(issueForceToken({ file: config, route, validFor }, terminal));
    });
}
