import { createInterface } from 'node:readline';
import type { VerdictName } from '../../judge/verdict.ts';
import { Problem } from '../../problem/problem.ts';
import { readBlock } from '../../simulate/read-block.ts';
import { openReplay, type ReplayVerdict, replayBlock } from '../../simulate/replay.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { loadPolicy } from '../load-policy.ts';
import { type Format, print } from '../output.ts';
import { measureOf } from '../panel/figures.ts';
import type { Session } from '../terminal.ts';
import { clean, table } from '../text.ts';

export interface JudgeOptions {
  readonly policy: string;
  readonly each?: true;
  readonly output: Format;
}

/** Judges the blocks of standard input, and exits as the last verdict says. */
export async function judgeLines({ policy: file, each, output }: JudgeOptions, session: Session): Promise<void> {
  const policy = await loadPolicy(file);
  let replay = openReplay(policy);
  let line = 0;
  for await (const text of createInterface({ input: session.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (text.trim() === '') continue;
    replay = atLine(line, () => replayBlock(policy, replay, readBlock(text), line));
    if (each) printEach(session, output, replay.answer);
    if (session.closed.aborted) return;
  }
  if (each) printEach(session, output, replay.answer);
  else print(session, output, replay.answer, () => describe(replay.answer));
  session.exit(exitCodeOf(replay.answer.verdict));
}

function atLine<T>(line: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(error.code, `stdin:${line} ${error.message}`, { cause: error });
  }
}

function exitCodeOf(verdict: VerdictName): ExitCode {
  switch (verdict) {
    case 'at-parity':
      return EXIT.ok;
    case 'harmful':
      return EXIT.rolledBack;
    case 'suspect':
    case 'shared-fault':
    case 'blind':
    case 'undecided':
      return EXIT.waiting;
  }
}

// One answer per line, so that the stream can be read as it arrives; JSON becomes JSON lines, YAML a stream of documents.
function printEach(session: Session, format: Format, answer: ReplayVerdict): void {
  if (format === 'json') session.stdout.write(`${JSON.stringify(answer)}\n`);
  else {
    if (format === 'yaml') session.stdout.write('---\n');
    print(session, format, answer, () => headline(answer));
  }
}

function headline({ verdict, reason, decidedAt, line }: ReplayVerdict): string {
  const since = line === null ? '' : ` since line ${line}, ${decidedAt}`;
  return clean(`${verdict}${since}: ${reason}`);
}

function describe(answer: ReplayVerdict): string {
  if (answer.checks.length === 0) return headline(answer);
  const rows = answer.checks.map((finding) => {
    const { check, canary, stable, unit, figures, logHarm, logParity, logParityThreshold, says } = finding;
    return [
      check,
      measureOf(canary, unit, figures),
      measureOf(stable, unit, figures),
      logHarm.toFixed(2),
      logParity === null ? '-' : `${logParity.toFixed(2)} of ${logParityThreshold?.toFixed(2) ?? '-'}`,
      says,
    ];
  });
  return `${headline(answer)}\n\n${table(['CHECK', 'CANARY', 'STABLE', 'HARM', 'PARITY', 'SAYS'], rows)}`;
}
