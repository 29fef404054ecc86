import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { formatIssue } from '../policy/place.ts';
import { readPolicy } from '../policy/read.ts';
import type { Issue } from '../problem/problem.ts';
import { takesOutput } from './connection.ts';
import { EXIT } from './exit-code.ts';
import { type Format, print, say } from './output.ts';
import type { Session } from './terminal.ts';

interface Validation {
  readonly file: string;
  readonly ok: boolean;
  readonly name: string | null;
  readonly digest: string | null;
  readonly issues: readonly Issue[];
}

export function registerValidate(program: Command, session: Session): void {
  takesOutput(
    program.command('validate').description('check policy files, without a server').argument('<file...>'),
  ).action(async (files: readonly string[], { output }: { output: Format }) => {
    const results = await Promise.all(files.map(validateFile));
    print(session, output, results, () => results.map(lineOf).join('\n'));
    if (output === 'table' || output === 'wide') {
      for (const issue of results.flatMap(({ issues }) => issues)) say(session, formatIssue(issue));
    }
    if (results.some(({ ok }) => !ok)) session.exit(EXIT.invalid);
  });
}

async function validateFile(file: string): Promise<Validation> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    return {
      file,
      ok: false,
      name: null,
      digest: null,
      issues: [{ path: '', message: `${file} cannot be read: ${code}` }],
    };
  }
  const reading = readPolicy(text, file);
  return reading.ok
    ? { file, ok: true, name: reading.policy.metadata.name, digest: reading.digest, issues: [] }
    : { file, ok: false, name: null, digest: null, issues: reading.issues };
}

function lineOf({ file, ok, name, digest, issues }: Validation): string {
  if (ok) return `${file}: valid (${name}, ${digest})`;
  return `${file}: invalid (${issues.length} ${issues.length === 1 ? 'issue' : 'issues'})`;
}
