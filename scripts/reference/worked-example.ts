import { createReadStream, readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../../src/cli/run.ts';
import { readPolicy } from '../../src/policy/read.ts';
import { readBlock } from '../../src/simulate/read-block.ts';
import { openReplay, type Replay, replayBlock } from '../../src/simulate/replay.ts';
import { verdictOf } from '../../test/support/fake-control.ts';
import { openShell } from '../../test/unit/cli/harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const RECORD = 'docs/debug-a-verdict.jsonl';
const POLICY = 'policies/fast.yaml';

/** What the judge says after so many lines of the record. */
function judged(lines: number): Replay['answer'] {
  const reading = readPolicy(read(POLICY), POLICY);
  if (!reading.ok) throw new Error(`${POLICY} is not valid`);
  const { policy } = reading;
  const blocks = read(RECORD).trim().split('\n').slice(0, lines);
  return blocks.reduce((replay, text, at) => replayBlock(policy, replay, readBlock(text), at + 1), openReplay(policy))
    .answer;
}

/** The moments of the example: lines of the record, and whether Serin has rolled back. */
const MOMENTS = { undecided: 4, suspect: 8, 'rolled back': 10 } as const;

/** As the judge combines them: the weighted sum of e-values, and what no check stakes. */
function combined(checks: Replay['answer']['checks']): number {
  const staked = checks.reduce((sum, { budgetWeight }) => sum + budgetWeight, 0);
  const sum = checks.reduce((total, { budgetWeight, logHarm }) => total + budgetWeight * Math.exp(logHarm), 0);
  return Math.log(sum + Math.max(0, 1 - staked));
}

/** A command and what it prints, at one of the moments: `suspect: serin status payments`. */
export async function shownCommand(region: string): Promise<string> {
  const [moment = '', command = ''] = region.split(': serin ');
  const printed = command.startsWith('judge') ? await printedByJudge(command) : await printedAt(moment, command);
  return ['```console', `$ serin ${command}`, printed.trimEnd(), '```'].join('\n');
}

async function printedAt(moment: string, command: string): Promise<string> {
  const lines = Object.entries(MOMENTS).find(([name]) => name === moment)?.[1];
  if (lines === undefined) throw new Error(`the example has no moment ${moment}`);
  const { verdict: name, reason, checks } = judged(lines);
  const verdict = verdictOf({
    name,
    reason,
    findings: checks,
    logEvidence: combined(checks),
    worst: null,
    needs: null,
  });
  const shell = await openShell();
  try {
    const id = await shell.inStep1();
    shell.control.see(id, { verdict });
    if (moment === 'rolled back') shell.control.happen(id, { kind: 'canaryJudgedHarmful', reason, verdict });
    const { out, err, code } = await shell.run(command);
    if (code === 1 || code === 2) throw new Error(`serin ${command}: ${err}`);
    return out;
  } finally {
    await shell.stop();
  }
}

async function printedByJudge(command: string): Promise<string> {
  const [words = '', file = ''] = command.split(' < ');
  const stdout = new PassThrough();
  const chunks: string[] = [];
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const args = words.split(' ').map((word) => (word.startsWith('policies/') ? `${root}${word}` : word));
  const stdin = createReadStream(`${root}${file}`);
  const terminal = { stdout, stderr: process.stderr, stdin, env: {}, isTTY: false, fetch };
  const code = await runCommandLine(args, terminal, { version: '' });
  if (code === 1 || code === 2) throw new Error(`serin ${command} ends with ${code}`);
  await new Promise((resolve) => setImmediate(resolve));
  return chunks.join('');
}
