import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inOrder } from '../policy/document.ts';
import { validate } from '../policy/explain.ts';
import type { DocumentFault } from '../policy/fault.ts';
import type { SourceDocument } from '../policy/place.ts';
import { type LoadedPolicy, readPolicy } from '../policy/read.ts';
import { MOST_YAML_BYTES, parseYaml } from '../policy/yaml.ts';
import { givenVariable } from '../problem/given-variable.ts';
import { type Issue, Problem } from '../problem/problem.ts';
import { readFailure } from '../problem/read-failure.ts';
import { readRegularFile } from '../problem/regular-file.ts';
import { configSchema, type ServerConfig } from './config.ts';
import { fillIn } from './given/given-values.ts';
import { listenerFaults } from './listener-faults.ts';
import { placeFaultsAmong, type RouteFault, routeFaults } from './route-faults.ts';

const SHIPPED = fileURLToPath(new URL('../../policies/', import.meta.url));

export interface LoadedConfig {
  readonly config: ServerConfig;
  /** Paths in the file are relative to the file. */
  readonly folder: string;
  /** Adds the place in the file to a fault found later; null if there is no file. */
  readonly document: SourceDocument | null;
  /** The file as plain data, as it was written, and with the values of the environment and of files; null if there is no file. */
  readonly written: unknown;
  readonly filled: unknown;
}

/** Where the installation keeps its database, secret and admin token. */
export function dataFolderOf({ config, folder }: LoadedConfig, env: NodeJS.ProcessEnv): string {
  return resolve(folder, givenVariable(env, 'SERIN_DATA') ?? config.dataFolder);
}

/** Reads and checks `serin.yaml`. Throws Problem('invalid-input') with every issue and its place. */
export function loadConfig(file: string, env: NodeJS.ProcessEnv): LoadedConfig {
  const folder = dirname(resolve(file));
  const yaml = parseYaml(readText(file, '; name the file with --config'), file);
  if (!yaml.ok) throw notValid(file, yaml.issues);
  const { value: written, document } = yaml;
  const { value: filled, faults: unfilled } = fillIn(written, { env, folder });
  const config = checkedConfig({ file, document, filled, unfilled });
  return { config, folder, document, written, filled };
}

interface UncheckedConfig {
  readonly file: string;
  readonly document: SourceDocument;
  readonly filled: unknown;
  /** Faults of what could not be filled in. */
  readonly unfilled?: readonly DocumentFault[];
}

/** Throws Problem('invalid-input') with every issue and its place. */
export function checkedConfig({ file, document, filled, unfilled = [] }: UncheckedConfig): ServerConfig {
  const validation = validate(configSchema, filled);
  // Report all faults at once: the operator should not find the next one at the next start.
  const faults = validation.ok
    ? [...listenerFaults(validation.value), ...routeFaults(validation.value)]
    : [...validation.faults, ...placeFaultsAmong(filled)];
  if (!validation.ok || unfilled.length > 0 || faults.length > 0) {
    const known = new Set(unfilled.map(({ path }) => JSON.stringify(path)));
    const others = faults.filter(({ path }) => !known.has(JSON.stringify(path)));
    throw notValid(file, [...unfilled, ...others].map(issueIn(document)));
  }
  return validation.value;
}

function notValid(file: string, issues: readonly Issue[]): Problem {
  return new Problem('invalid-input', `${file} is not valid`, { issues: inOrder(issues) });
}

function issueIn(document: SourceDocument): (fault: RouteFault & Partial<DocumentFault>) => Issue {
  return ({ path, message, at = 'value' }) => document.issue({ path, message, at });
}

/**
 * The shipped policies and those that the file names, by `metadata.name`; an installation's own policy may replace a shipped one.
 * Throws Problem('invalid-input') when one cannot be read or is invalid, or a route names one that does not exist.
 */
export function loadPolicies({ config, folder, document }: LoadedConfig): ReadonlyMap<string, LoadedPolicy> {
  const shipped = readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(SHIPPED, name));
  const policies = new Map<string, LoadedPolicy>();
  const issues: Issue[] = [];
  const own = config.policies.map((path, at) => ({ file: resolve(folder, path), at }));
  for (const { file, at } of [...shipped.map((path) => ({ file: path, at: null })), ...own]) {
    const text = at === null ? readText(file) : readNamed(file, ['policies', at], document);
    const read = readPolicy(text, shownName(file));
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

/** A file that `serin.yaml` names; where it cannot be read, the refusal has the place where it is named. */
function readNamed(file: string, path: readonly (string | number)[], document: SourceDocument | null): string {
  try {
    return readText(file);
  } catch (cause) {
    if (!(cause instanceof Problem) || document === null) throw cause;
    const { message } = cause;
    throw new Problem('invalid-input', message, { cause, issues: [document.issue({ path, message, at: 'value' })] });
  }
}

function readText(file: string, hint = ''): string {
  try {
    return readRegularFile(file, MOST_YAML_BYTES).toString();
  } catch (cause) {
    throw new Problem('invalid-input', readFailure(file, cause) + hint, { cause });
  }
}
