import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { fetched } from './fetched.ts';
import { onPath } from './on-path.ts';

const run = promisify(execFile);

/** A command line that begins with it, and the environment that it takes. */
export interface Schemathesis {
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
}

/** `schemathesis` of SCHEMATHESIS_BIN, else of PATH, else the Python package where SERIN_TEST_APT=1 allows it. */
export async function schemathesis(): Promise<Schemathesis | null> {
  const found = process.env['SCHEMATHESIS_BIN'] ?? onPath('schemathesis');
  if (found) return { command: [found], env: {} };
  // Not a virtual environment, which knows the folder that it was made in.
  const packages = await fetched('schemathesis', async (folder) => {
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--target',
      folder,
      'schemathesis==4.32.5',
    ];
    await run('python3', pip, { timeout: 180_000 });
  });
  return packages === null ? null : { command: ['python3', '-m', 'schemathesis.cli'], env: { PYTHONPATH: packages } };
}

export interface FuzzOptions {
  readonly url: string;
  readonly token: string | null;
  readonly seed: number;
  /** Of each operation. */
  readonly examples: number;
  /** Values to use for parameters of these names, such as the id of a rollout that exists. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** It knows no lines of JSON: their schema is a text already. And it sends one key with many requests, where each has to have its own. */
const HOOKS = `import re
import uuid

import schemathesis

@schemathesis.hook
def before_call(ctx, case, kwargs):
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch(r'"[ !#-[\\]-~]{1,255}"|[!-~]{1,255}', key) and key.count('"') in (0, 2):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())

@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx, value):
    return value.encode("utf-8") if isinstance(value, str) else str(value).encode("utf-8")
`;

/** Runs it against a server, by its own description; says what was found, or null when nothing was. */
export async function fuzzApi(tool: Schemathesis, options: FuzzOptions): Promise<string | null> {
  const { url, token, seed, examples, parameters = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'serin-schemathesis-'));
  writeFileSync(join(folder, 'schemathesis.toml'), tomlOf(parameters));
  writeFileSync(join(folder, 'serin_hooks.py'), HOOKS);
  const [command, ...before] = tool.command;
  // Tokens of its own making are refused, and after twenty of them everything is a 429.
  const checks = ['--checks', 'all', '--exclude-checks', 'ignored_auth'];
  const phases = ['--phases', 'examples,coverage,fuzzing', '--max-examples', String(examples), '--seed', String(seed)];
  const how = ['--request-timeout', '20', '--continue-on-failure', '--no-shrink', '--warnings', 'off', '--no-color'];
  const args = [
    ...before,
    'run',
    `${url}/openapi.json`,
    ...checks,
    ...phases,
    ...how,
    ...(token === null ? [] : ['--header', `Authorization: Bearer ${token}`]),
  ];
  try {
    const modules = [folder, tool.env['PYTHONPATH']].flatMap((path) => path ?? []).join(delimiter);
    const hooks = { PYTHONPATH: modules, SCHEMATHESIS_HOOKS: 'serin_hooks' };
    const env = { ...process.env, ...tool.env, ...hooks, PYTHONIOENCODING: 'utf-8' };
    await run(command, args, { cwd: folder, env, timeout: 100_000, maxBuffer: 64 * 1024 * 1024 });
    return null;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const said = `${stdout}${stderr}` || String(error);
    return said.replaceAll(/.{500,}/g, (line) => `${line.slice(0, 500)} ...`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What they take depends on more than a schema says: a listed consumer, a valid file, a year at most, an address that is allowed. */
const CHOOSY = [
  'POST /api/v1/logs',
  'POST /api/v1/rollouts',
  'POST /api/v1/rollouts/{id}/extend',
  'POST /api/v1/configuration/diff',
  'POST /api/v1/routes/{route}/consumer-changes',
  'POST /api/v1/routes/{route}/consumer-changes/preview',
  'POST /api/v1/tokens',
  'PUT /api/v1/routes/{route}/consumers/{name}',
];

/** Its answer has no end, for which it would wait. */
const ENDLESS = ['GET /api/v1/events'];

/** With which a request may be refused that is as its schema says: because of who asks, or of what there is now. */
const BY_CIRCUMSTANCE = ['2xx', '401', '403', '404', '409', '412', '429', '503'];

function tomlOf(parameters: Readonly<Record<string, string>>): string {
  const accepts = (statuses: readonly string[]) =>
    `checks.positive_data_acceptance.expected-statuses = ${JSON.stringify(statuses)}`;
  const known = Object.entries(parameters).map(([name, value]) => `${JSON.stringify(name)} = ${JSON.stringify(value)}`);
  const choosy = CHOOSY.flatMap((name) => [
    '[[operations]]',
    `include-name = ${JSON.stringify(name)}`,
    accepts([...BY_CIRCUMSTANCE, '422']),
  ]);
  const endless = ENDLESS.flatMap((name) => [
    '[[operations]]',
    `include-name = ${JSON.stringify(name)}`,
    'enabled = false',
  ]);
  return [accepts(BY_CIRCUMSTANCE), '[parameters]', ...known, ...choosy, ...endless].join('\n');
}
