import { type Argument, Command, type Option } from 'commander';
import { EXIT } from '../../src/cli/exit-code.ts';
import { registerCommands } from '../../src/cli/register.ts';
import { registerServerCommands } from '../../src/server/commands/command.ts';
import { code, table } from './table.ts';

/** What a command exits with, beside 0 and what is said for all. */
const CODES: Readonly<Record<string, string>> = {
  serve:
    '0 after SIGINT or SIGTERM; 1 where the machine, the network or the database prevents a start; 2 where a file or a setting does',
  doctor: '0 all is well; 1 something is not; 2 a file or a setting is invalid',
  migrate: '1 the database or the network refuses; 2 a file or a setting is invalid',
  validate: '0 all are valid; 1 a source could not be asked (`--online`); 2 one is invalid',
  judge: '0 at parity; 2 input that cannot be read; 3 harmful; 5 neither yet (undecided, suspect, blind, shared fault)',
  status:
    '0 promoted or finalised, or it goes on by itself; 3 rolled back, aborted or superseded; 4 `--timeout` is over; 5 waits for a person',
  login: '1 the provider or Serin refuses, or Serin has no provider; 4 nobody signed in in time',
  logout: '1 signed out on this machine, but the provider could not be told',
  'audit verify': '1 an entry was changed or cut off',
};

const COMMON = ['--server', '--token', '--data-folder', '--output', '--help'];

/** Every command that does something, by its words: `gate pass`. */
export function commandsByName(): ReadonlyMap<string, Command> {
  const { stdout, stderr, stdin } = process;
  const program = new Command('serin');
  const nowhere = { stdout, stderr, stdin, env: {}, isTTY: false, fetch, exit: () => {} };
  registerCommands(program, { ...nowhere, closed: new AbortController().signal, version: '' });
  registerServerCommands(program, nowhere, () => {});
  const found = new Map<string, Command>();
  const walk = (command: Command, words: readonly string[]) => {
    // `audit` does something and has a part; `gate` only has parts.
    if (command.registeredArguments.length > 0 || command.commands.length === 0) found.set(words.join(' '), command);
    for (const part of command.commands) walk(part, [...words, part.name()]);
  };
  for (const command of program.commands) walk(command, [command.name()]);
  return found;
}

/** The part of a page for some commands: their usage, arguments, options and exit codes. */
export function commandsText(names: readonly string[]): string {
  const commands = commandsByName();
  return names
    .map((name) => {
      const command = commands.get(name);
      if (!command) throw new Error(`there is no command ${name}`);
      return commandText(name, command);
    })
    .join('\n\n');
}

function commandText(name: string, command: Command): string {
  const asks = command.options.some(({ long }) => long === '--server');
  const own = command.options.filter(({ long }) => !COMMON.includes(long ?? ''));
  const prints = command.options.some(({ long }) => long === '--output');
  const usual = asks ? (prints ? 'server options' : '--server URL') : prints ? '-o FORMAT' : '';
  const words = ['serin', name, ...command.registeredArguments.map(argumentText)];
  const usage = [...words, ...(own.length > 0 ? ['[options]'] : []), ...(usual === '' ? [] : [`[${usual}]`])].join(' ');
  const codes = CODES[name];
  return [
    `### ${name}`,
    sentence(command.description()),
    `    ${usage}`,
    ...(own.length > 0 ? [table(['option', 'default', 'what it does'], own.map(optionRow))] : []),
    ...(codes === undefined ? [] : [`Exit codes: ${codes}.`]),
  ].join('\n\n');
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionRow({ flags, description, mandatory, defaultValue, argChoices }: Option): readonly string[] {
  const usual = mandatory ? 'required' : typeof defaultValue === 'string' ? code(defaultValue) : '';
  const choices = argChoices ? `: ${argChoices.map(code).join(', ')}` : '';
  return [code(flags), usual, `${description}${choices}`];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** The options that every command has which asks a server. */
export function serverOptionsTable(): string {
  const options = commandsByName().get('list')?.options ?? [];
  return table(
    ['option', 'default', 'what it does'],
    options.filter(({ long }) => COMMON.includes(long ?? '')).map(optionRow),
  );
}

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done; of a rollout: promoted or finalised, or it goes on by itself',
  error: 'failed: the server, the network, the present state of a rollout; a second try may help',
  invalid: 'invalid input: a command line, a file, a setting; no second try makes it right',
  rolledBack: 'rolled back, aborted or superseded',
  timeout: 'not decided within `--timeout`; of `login`: nobody signed in in time',
  waiting: 'waits for a person',
};

export function exitCodesTable(): string {
  const rows = Object.entries(EXIT).map(([name, value]) => [String(value), MEANINGS[name as keyof typeof EXIT]]);
  return table(['code', 'means'], rows);
}
