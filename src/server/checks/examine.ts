import { dataFolderOf, type LoadedConfig, loadConfig, loadPolicies } from '../../config/load.ts';
import { counted } from '../../policy/counted.ts';
import { givenVariable } from '../../problem/given-variable.ts';
import { type Log, messageOf } from '../../problem/log.ts';
import { Problem } from '../../problem/problem.ts';
import { ages } from './ages.ts';
import { auditChain } from './audit-chain.ts';
import { channelsCheck } from './channels.ts';
import type { Advisory, Checked, CheckFinding, Requirement } from './check.ts';
import { consumerKeys } from './consumer-keys.ts';
import { coverage } from './coverage.ts';
import { database } from './database.ts';
import { installationKeys } from './installation-keys.ts';
import { listenAddresses } from './listen-addresses.ts';
import { fetchedLogs } from './logs.ts';
import { mirroring } from './mirroring.ts';
import { openForce } from './open-force.ts';
import { proxies } from './proxies.ts';
import { runningSerin } from './running.ts';
import { secrets } from './secrets.ts';
import { sourcesCheck } from './sources.ts';
import { stickiness } from './stickiness.ts';
import { unprobedRoutes } from './unprobed-routes.ts';
import { upstreams } from './upstreams.ts';

/** In the order in which they run: whether a Serin is already running is known before addresses are tried. */
const REQUIREMENTS: readonly Requirement[] = [secrets, database, installationKeys, listenAddresses];

const ADVISORIES: readonly Advisory[] = [
  runningSerin,
  proxies,
  stickiness,
  openForce,
  unprobedRoutes,
  mirroring,
  coverage,
  upstreams,
  consumerKeys,
  channelsCheck,
  sourcesCheck,
  fetchedLogs,
  auditChain,
  ages,
];

export interface Examined {
  readonly findings: readonly CheckFinding[];
  /** Null when the file is invalid: nothing else could be checked. */
  readonly checked: Checked | null;
}

/** Everything that must hold before Serin starts. The database it opened is in `checked.database`; the caller closes it. */
export async function examineRequirements(
  file: string,
  env: NodeJS.ProcessEnv,
  purpose: Checked['purpose'],
  log?: Log,
): Promise<Examined> {
  const name = 'configuration';
  const unfilled = unfilledVariables(env).map((problem): CheckFinding => ({ check: name, level: 'error', problem }));
  let loaded: LoadedConfig;
  let policies: Checked['policies'];
  try {
    loaded = loadConfig(file, env);
    policies = loadPolicies(loaded);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { findings: [{ check: name, level: 'error', problem: error }, ...unfilled], checked: null };
  }
  // It is not known which database and which folder are meant.
  if (unfilled.length > 0) return { findings: unfilled, checked: null };
  const dataFolder = dataFolderOf(loaded, env);
  const checked: Checked = {
    file,
    loaded,
    policies,
    env,
    dataFolder,
    purpose,
    ...(log ? { log } : {}),
    database: { store: null, taken: null, isRefused: false },
  };
  const sizes = `${counted(loaded.config.routes.length, 'route')}, ${counted(policies.size, 'policy', 'policies')}`;
  const findings: CheckFinding[] = [{ check: name, level: 'ok', says: `${file}: ${sizes}, all valid` }];
  for (const requirement of REQUIREMENTS) {
    findings.push(...(await required(requirement, checked)));
    checked.database.isRefused ||= findings.some(({ level }) => level === 'error');
  }
  return { findings, checked };
}

/** Everything that is worth a look but refuses no start; all in parallel, each with its own time limit. */
export async function examineSurroundings(
  checked: Checked,
  until: AbortSignal = new AbortController().signal,
): Promise<readonly CheckFinding[]> {
  return (await Promise.all(ADVISORIES.map((advisory) => advised(advisory, checked, until)))).flat();
}

function unfilledVariables(env: NodeJS.ProcessEnv): readonly Problem[] {
  return (['DATABASE_URL', 'SERIN_DATA', 'SERIN_SECRET'] as const).flatMap((variable) => {
    try {
      givenVariable(env, variable);
      return [];
    } catch (error) {
      if (error instanceof Problem) return [error];
      throw error;
    }
  });
}

async function required(requirement: Requirement, checked: Checked): Promise<readonly CheckFinding[]> {
  const { name, timeoutMs } = requirement;
  try {
    const found = await inTime(name, timeoutMs, (signal) => requirement.run(checked, signal));
    return found.map((finding) => ({ check: name, ...finding }));
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem('internal', messageOf(error), { cause: error });
    return [{ check: name, level: 'error', problem }];
  }
}

async function advised(advisory: Advisory, checked: Checked, until: AbortSignal): Promise<readonly CheckFinding[]> {
  const { name, timeoutMs } = advisory;
  try {
    const found = await inTime(name, timeoutMs, (signal) => advisory.run(checked, AbortSignal.any([signal, until])));
    return found.map((finding) => ({ check: name, ...finding }));
  } catch (error) {
    // A setting that cannot be used has been reported where it is required.
    if (error instanceof Problem && error.code === 'invalid-input') return [];
    return [{ check: name, level: 'warning', says: `could not be checked: ${messageOf(error)}` }];
  }
}

/** A check that ignores its signal is left behind: a check may fail, but not hang. */
async function inTime<T>(name: string, timeoutMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const problem = new Problem('unavailable', `the check \`${name}\` did not finish within ${timeoutMs / 1_000} s`);
    abort.abort(problem);
    late.reject(problem);
  }, timeoutMs);
  try {
    return await Promise.race([run(abort.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
