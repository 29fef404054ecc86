import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type FiledConsumer, readConsumerFile } from '../consumers/file.ts';
import { counted } from '../policy/counted.ts';
import { inOrder } from '../policy/document.ts';
import type { SourceDocument } from '../policy/place.ts';
import { type Issue, Problem } from '../problem/problem.ts';
import { readFailure } from '../problem/read-failure.ts';
import { clean } from './text.ts';

/** A consumer of a file as the API takes it: its credential never leaves this machine. */
export interface SentConsumer extends Omit<FiledConsumer, 'keyEnv' | 'keyFile' | 'keyHash'> {
  readonly keySha256?: string;
}

export interface ConsumerFile {
  readonly consumers: readonly SentConsumer[];
  /** What the server says of the consumers that it was sent, with the places in the file. */
  placed(problem: Problem): Problem;
}

/** The hash of a credential that the API takes in place of it. */
export function sha256Of(credential: string): string {
  return createHash('sha256').update(credential).digest('hex');
}

/** A file of consumers with the credentials that it names, or a Problem with every issue. Nobody sees a credential in either. */
export async function loadConsumerFile(file: string, env: NodeJS.ProcessEnv): Promise<ConsumerFile> {
  const reading = readConsumerFile(await textOf(file, file), file);
  if (!reading.ok) throw invalid(file, reading.issues);
  const { consumers, document } = reading;
  const issues: Issue[] = [];
  const owners = new Map<string, string>();
  const sent: SentConsumer[] = [];
  for (const [index, { keyEnv, keyFile, keyHash, ...consumer }] of consumers.entries()) {
    const field = keyEnv !== undefined ? 'keyEnv' : keyFile !== undefined ? 'keyFile' : 'keyHash';
    const fault = (message: string) =>
      issues.push(document.issue({ path: ['consumers', index, field], message, at: 'value' }));
    try {
      const keySha256 = await hashOf({ keyEnv, keyFile, keyHash }, { folder: dirname(file), env });
      const owner = keySha256 === null ? undefined : owners.get(keySha256);
      if (owner !== undefined) fault(`${consumer.name} has the same credential as ${owner}`);
      if (keySha256 !== null) owners.set(keySha256, consumer.name);
      sent.push({ ...consumer, ...(keySha256 === null ? {} : { keySha256 }) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      fault(error.message);
    }
  }
  if (issues.length > 0) throw invalid(file, inOrder(issues));
  return { consumers: sent, placed: (problem) => withPlaces(problem, document) };
}

function invalid(file: string, issues: readonly Issue[]): Problem {
  const message = `${clean(file)} is no valid list of consumers: ${counted(issues.length, 'fault')}, and nothing was changed`;
  return new Problem('invalid-input', message, { issues });
}

const LONGEST_KEY = 4096;

async function hashOf(
  { keyEnv, keyFile, keyHash }: Partial<Pick<FiledConsumer, 'keyEnv' | 'keyFile' | 'keyHash'>>,
  { folder, env }: { readonly folder: string; readonly env: NodeJS.ProcessEnv },
): Promise<string | null> {
  if (keyHash !== undefined) return keyHash.slice('sha256:'.length);
  if (keyEnv !== undefined) {
    const value = env[keyEnv];
    if (!value) throw new Problem('invalid-input', `the environment variable ${keyEnv} is not set`);
    return credentialHash(value, `the environment variable ${keyEnv}`);
  }
  if (keyFile === undefined) return null;
  const text = (await textOf(resolve(folder, keyFile), keyFile)).replace(/\r?\n$/, '');
  return credentialHash(text, clean(keyFile));
}

function credentialHash(credential: string, where: string): string {
  if (credential === '') throw new Problem('invalid-input', `${where} is empty`);
  if (credential.length > LONGEST_KEY || /[\r\n]/.test(credential)) {
    throw new Problem(
      'invalid-input',
      `${where} has no credential: it is longer than ${LONGEST_KEY} characters, or has lines`,
    );
  }
  return sha256Of(credential);
}

async function textOf(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Problem('invalid-input', readFailure(name, cause), { cause });
  }
}

const PLACE = /^consumers[.[](\d+)/;

function withPlaces(problem: Problem, document: SourceDocument): Problem {
  const issues = problem.issues.map((issue) => {
    const index = PLACE.exec(issue.path)?.[1];
    if (index === undefined) return issue;
    return document.issue({ path: ['consumers', Number(index), 'name'], message: issue.message, at: 'value' });
  });
  return new Problem(problem.code, problem.message, { issues });
}
