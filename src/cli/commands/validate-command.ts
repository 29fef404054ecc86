import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type PolicyCheckView, policyCheckViewSchema } from '../../api/view-schemas.ts';
import { formatIssue } from '../../policy/place.ts';
import type { Policy } from '../../policy/schema.ts';
import { type Issue, Problem } from '../../problem/problem.ts';
import { readFailure } from '../../problem/read-failure.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { EXIT } from '../exit-code.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { clean, table } from '../text.ts';

interface ValidateOptions extends ServerOptions {
  readonly online?: boolean;
  readonly route?: string;
  readonly stable?: string;
  readonly canary?: string;
}

interface Validation {
  readonly file: string;
  readonly ok: boolean;
  readonly name: string | null;
  readonly digest: string | null;
  readonly issues: readonly Issue[];
  /** What a policy alone cannot say of a route: clauses. The server says it of its own. */
  readonly notes: readonly string[];
  /** What the sources of the server's installation answered; omitted if they were not asked. */
  readonly online?: Pick<PolicyCheckView, 'route' | 'unreachable' | 'answers' | 'notes'>;
}

export function registerValidate(program: Command, session: Session): void {
  takesServer(
    program
      .command('validate')
      .description('check policy files; with --online, run their queries too')
      .argument('<file...>'),
  )
    .option('--online', 'let a server run every query of a valid policy, and say what came back')
    .option('--route <name>', 'with --online: the route to ask for (default: the one that takes the policy)')
    .option('--stable <version>', 'with --online: a version to ask for (default: the one that serves)')
    .option('--canary <version>', 'with --online: a version to ask for (default: the one that is rolled out, if any)')
    .action(async (files: readonly string[], options: ValidateOptions) => {
      const { output, online } = options;
      refuseStrayOptions(options);
      const check = online ? onlineCheck(session, options) : null;
      const results = await Promise.all(files.map((file) => validateFile(file, check)));
      print(session, output, results, () => results.map(textOf).join('\n'));
      if (output === 'table' || output === 'wide') {
        for (const issue of results.flatMap(({ issues }) => issues)) say(session, formatIssue(issue));
        for (const reason of results.flatMap((result) => result.online?.unreachable ?? [])) say(session, clean(reason));
      }
      if (results.some(({ issues }) => issues.length > 0)) session.exit(EXIT.invalid);
      else if (results.some(({ ok }) => !ok)) session.exit(EXIT.error);
    });
}

function refuseStrayOptions({ online, route, stable, canary }: ValidateOptions): void {
  if (!online && [route, stable, canary].some((option) => option !== undefined)) {
    throw new Problem('invalid-input', '--route, --stable and --canary say what --online is to ask for: add --online');
  }
}

type OnlineCheck = (text: string, file: string) => Promise<PolicyCheckView>;

function onlineCheck(session: Session, options: ValidateOptions): OnlineCheck {
  const { route, stable, canary } = options;
  const named = {
    ...(route === undefined ? {} : { route }),
    ...(stable === undefined ? {} : { stable }),
    ...(canary === undefined ? {} : { canary }),
  };
  const client = openClient(options, session);
  return (text, file) => client.send('POST', '/api/v1/policies/check', policyCheckViewSchema, { text, file, ...named });
}

async function validateFile(file: string, check: OnlineCheck | null): Promise<Validation> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const issues = [{ path: '', message: readFailure(file, error) }];
    return { file, ok: false, name: null, digest: null, issues, notes: [] };
  }
  // Loaded here: reading a policy takes four times the modules of asking a server.
  const { readPolicy } = await import('../../policy/read.ts');
  const reading = readPolicy(text, file);
  if (!reading.ok) return { file, ok: false, name: null, digest: null, issues: reading.issues, notes: [] };
  const offline = { file, name: reading.policy.metadata.name, digest: reading.digest };
  if (!check) return { ...offline, ok: true, issues: [], notes: stickyNotes(reading.policy, file) };
  const { issues, ...online } = await check(text, file);
  return {
    ...offline,
    ok: issues.length === 0 && online.unreachable.length === 0,
    issues: issues.map(issueOf),
    notes: [],
    online,
  };
}

/** Whether a route is sticky stands in serin.yaml: what it would cost is said of every policy that compares versions. */
function stickyNotes({ spec }: Policy, file: string): readonly string[] {
  if (!spec.steps.some((step) => 'weight' in step)) return [];
  return [
    `if its route is sticky, versions are compared by key, which takes longer: see \`serin plan ${file} --rps RATE --keys NUMBER\``,
  ];
}

/** Drops undefined keys: in JSON they are the same as absent ones. */
function issueOf({ path, message, place, excerpt }: PolicyCheckView['issues'][number]): Issue {
  return { path, message, ...(place ? { place } : {}), ...(excerpt === undefined ? {} : { excerpt }) };
}

function textOf(validation: Validation): string {
  const { online, notes } = validation;
  const line = [lineOf(validation), ...[...notes, ...(online?.notes ?? [])].map(clean)].join('\n');
  if (!online || online.answers.length === 0) return line;
  const rows = online.answers.map(({ what, source, track, version, outcome, says }) => [
    what,
    source,
    `${track} ${version}`,
    outcome,
    says,
  ]);
  return `${line}\n${table(['CHECK', 'SOURCE', 'VERSION', 'OUTCOME', 'SAYS'], rows)}`;
}

function lineOf({ file, ok, name, digest, issues }: Validation): string {
  if (issues.length > 0) return `${file}: invalid (${issues.length} ${issues.length === 1 ? 'issue' : 'issues'})`;
  return `${file}: valid${ok ? '' : ' as far as it could be tried'} (${name}, ${digest})`;
}
