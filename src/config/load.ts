import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inOrder, readDocument } from '../policy/document.ts';
import type { SourceDocument } from '../policy/place.ts';
import { type LoadedPolicy, readPolicy } from '../policy/read.ts';
import { givenVariable } from '../problem/given-variable.ts';
import { type Issue, Problem } from '../problem/problem.ts';
import { readFailure } from '../problem/read-failure.ts';
import { configSchema, type ServerConfig } from './config.ts';
import { listenerFaults } from './listener-faults.ts';
import { placeFaultsAmong, type RouteFault, routeFaults } from './route-faults.ts';

const SHIPPED = fileURLToPath(new URL('../../policies/', import.meta.url));

export interface LoadedConfig {
  readonly config: ServerConfig;
  /** Paths in the file are relative to the file. */
  readonly folder: string;
  /** Adds the place in the file to a fault found later; null if there is no file. */
  readonly document: SourceDocument | null;
}

/** Where the installation keeps its database, secret and admin token. */
export function dataFolderOf({ config, folder }: LoadedConfig, env: NodeJS.ProcessEnv): string {
  return resolve(folder, givenVariable(env, 'SERIN_DATA') ?? config.dataFolder);
}

/** Reads and checks `serin.yaml`. Throws Problem('invalid-input') with every issue and its place. */
export function loadConfig(file: string): LoadedConfig {
  const read = readDocument(readText(file, '; name the file with --config'), file, configSchema);
  if (!read.ok) {
    // Report all faults at once: the operator should not find the next one at the next start.
    const places = read.rest ? placeFaultsAmong(read.rest.value).map(issueIn(read.rest.document)) : [];
    throw new Problem('invalid-input', `${file} is not valid`, { issues: inOrder([...read.issues, ...places]) });
  }
  const { value: config, document } = read;
  const issues = [...listenerFaults(config), ...routeFaults(config)].map(issueIn(document));
  if (issues.length > 0) throw new Problem('invalid-input', `${file} is not valid`, { issues: inOrder(issues) });
  return { config, folder: dirname(resolve(file)), document };
}

function issueIn(document: SourceDocument): (fault: RouteFault) => Issue {
  return ({ path, message }) => document.issue({ path, message, at: 'value' });
}

/**
 * The shipped policies and those that the file names, by `metadata.name`; an installation's own policy may replace a shipped one.
 * Throws Problem('invalid-input') when one is invalid or a route names one that does not exist.
 */
export function loadPolicies({ config, folder, document }: LoadedConfig): ReadonlyMap<string, LoadedPolicy> {
  const shipped = readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(SHIPPED, name));
  const policies = new Map<string, LoadedPolicy>();
  const issues: Issue[] = [];
  for (const file of [...shipped, ...config.policies.map((path) => resolve(folder, path))]) {
    const read = readPolicy(readText(file), shownName(file));
    if (read.ok) policies.set(read.policy.metadata.name, { policy: read.policy, digest: read.digest });
    else issues.push(...read.issues);
  }
  if (issues.length > 0) throw new Problem('invalid-input', 'a policy is not valid', { issues });
  for (const [at, { name, policy }] of config.routes.entries()) {
    if (policies.has(policy)) continue;
    const message = `route ${name} names the policy ${policy}; there are ${[...policies.keys()].join(', ')}`;
    const issue = document?.issue({ path: ['routes', at, 'policy'], message, at: 'value' });
    throw new Problem('invalid-input', message, issue ? { issues: [issue] } : {});
  }
  return policies;
}

/** Locates a fault in what a route's source measures: that is declared with the route, not in the policy. */
export function routeIssue({
  config,
  document,
}: Pick<LoadedConfig, 'config' | 'document'>): (route: string, message: string) => Issue {
  return (route, message) => {
    const path = ['routes', config.routes.findIndex(({ name }) => name === route), 'metrics'];
    return document?.issue({ path, message, at: 'value' }) ?? { path: '', message: `route ${route}: ${message}` };
  };
}

function shownName(file: string): string {
  return file.startsWith(SHIPPED) ? join('policies', basename(file)) : file;
}

function readText(file: string, hint = ''): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Problem('invalid-input', readFailure(file, cause) + hint, { cause });
  }
}
