import { PassThrough } from 'node:stream';
import { controlApi } from '../../../src/api/control-api.ts';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { runCommandLine } from '../../../src/cli/run.ts';
import { listen } from '../../../src/server/listen.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Answers on standard input, each given when the prompt before it has been printed. A terminal when set. */
  readonly answers?: readonly string[];
  readonly stdin?: string;
  readonly fetch?: typeof globalThis.fetch;
  /** What happens in the world at each second that the command waits; the numbers count from one. */
  readonly meanwhile?: (second: number) => void | Promise<void>;
}

export interface Shell {
  readonly control: FakeControl;
  readonly url: string;
  run(args: string, options?: RunOptions): Promise<Run>;
  /** A rollout of `payments` in step-1. */
  inStep1(): Promise<string>;
  stop(): Promise<void>;
}

/** The command line in process against the real API on a real socket, with a control plane in memory behind it. */
export async function openShell(): Promise<Shell> {
  const control = fakeControl();
  const listener = await listen(
    controlApi(control),
    { host: '127.0.0.1', port: 0 },
    { name: 'control', log: () => {} },
  );
  const url = `http://127.0.0.1:${listener.port}`;

  const run: Shell['run'] = (args, options = {}) =>
    runHere(args, { ...options, env: { SERIN_SERVER: url, SERIN_TOKEN: TOKENS.admin, ...options.env } });

  return {
    control,
    url,
    run,
    async inStep1() {
      const { out } = await run('start payments --canary http://127.0.0.1:9002/ --reason release -o json');
      const { id } = JSON.parse(out) as RolloutView;
      control.happen(id, { kind: 'preflightPassed' });
      control.happen(id, { kind: 'internalPassed', reason: 'enough forced requests' });
      return id;
    },
    stop: () => listener.close(),
  };
}

/** `args` is split at spaces; a plus stands for a space within an argument. */
async function runHere(args: string, options: RunOptions): Promise<Run> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const stdin = new PassThrough();
  const answers = [...(options.answers ?? [])];
  let out = '';
  let err = '';
  stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
    if (!/\? (\[y\/N\] )?$/.test(chunk.toString())) return;
    const answer = answers.shift();
    if (answer === undefined) stdin.end();
    else stdin.write(`${answer}\n`);
  });
  if (options.stdin !== undefined) stdin.end(options.stdin);

  let seconds = 0;
  const code = await runCommandLine(
    args.split(' ').map((word) => word.replaceAll('+', ' ')),
    {
      stdout,
      stderr,
      stdin,
      env: options.env ?? {},
      isTTY: options.answers !== undefined,
      fetch: options.fetch ?? globalThis.fetch,
      wait: async () => {
        seconds += 1;
        await options.meanwhile?.(seconds);
      },
    },
    { version: '0.1.0' },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return { code, out, err };
}
