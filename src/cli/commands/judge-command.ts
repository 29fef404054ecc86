import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { VerdictName } from '../../judge/verdict.ts';
import { Problem } from '../../problem/problem.ts';
import { readBlock } from '../../simulate/read-block.ts';
import { openReplay, type ReplayVerdict, replayBlock } from '../../simulate/replay.ts';
import { takesOutput } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { loadPolicy } from '../load-policy.ts';
import { type Format, print } from '../output.ts';
import { measureOf } from '../panel/figures.ts';
import type { Session } from '../terminal.ts';
import { clean, table } from '../text.ts';

const HELP = `
Each line of standard input is one block of the policy's length, oldest first:

  {"at":"2026-01-01T00:00:05Z","step":1,"weight":0.01,
   "stable":{"requests":4950,"errors":6,"latency":{"gamma":1.02,"counts":{"186":12}}},"canary":{...}}

  at        start of the block         step    1 is the policy's first; 0 the internal phase
  weight    its share, 0.01 or "1%"     null    in place of a version: it reported nothing
  latency   counts by bucket ceil(ln(ms)/ln 1.02); in its place one of
            "latencyMs":[12.5,40];
            "native":{"schema":3,"counts":{"-12":4},"zero":0}, a Prometheus native histogram of seconds;
            "buckets":{"0.1":12,"+Inf":13}, a classic one, cumulative and in seconds: the shares of answers above its
            boundaries are compared (checks.latency.classic), and quantiles are only told.
            It is the same form in every block.
  Of a version may also be given: clientErrors (4xx), unanswered (requests without an answer that are overdue, or that their clients left),
  groups, {"requests":[20 counts],"errors":[20 counts]} by shadow group of the routing hash, and what its answers carry:
  values, {"queries":{"numbers":[4,9],"missing":1}}, or counts by bucket ceil(ln(1e6 number)/ln 1.02):
    {"queries":{"asked":3,"missing":1,"counts":{"768":2}}}; end (ms), size, first-event, gap, event-rate are the gateway's own;
  categories, {"finish":{"stop":90,"length":10}};
  content, {"sampled":100,"failed":3,"partial":1,"unread":2}, of answers whose body was read;
  streams, {"ended":100,"unfinished":3}, of event streams whose last event the policy names.
  Of a block may also be given: series, {"cpu":{"stable":0.41,"canary":0.44}}, the values of the policy's query checks
  whose interval ended in it; a list has one for each pod, null says that there was none.
  And young, {"canary":{"addresses":["10.0.0.4"],"until":"2026-01-01T00:04:00Z","tally":{"requests":5,"errors":0}}}, what addresses
  that joined a version answered until then, counted in no other tally.
  And pairs, {"compared":40,"places":{"GET /orders/{id} 2xx":40},"fields":{"GET /orders/{id} 2xx /total":{"differs":38,"noise":0,"both":0}}},
  of requests that the stable answered twice and the canary once: noise is where the stable differs from itself.
  And logs, {"stable":{"lines":20,"levels":{"error":1,"info":19},"templates":{"error pay.Charge: card <*> declined":1},
  "fields":{"user":20},"calls":{"http payments.internal":4}},"canary":null}, what all requests of both made them log;
  null says that nothing of it came.

The answer names the first line from which on the verdict stayed what it is.
Exit codes: 0 at parity, 3 harmful, 5 neither yet (undecided, suspect, blind, shared fault), 2 input that cannot be read.`;

interface JudgeOptions {
  readonly policy: string;
  readonly each?: true;
  readonly output: Format;
}

export function registerJudge(program: Command, session: Session): void {
  takesOutput(program.command('judge').description('judge measured blocks on standard input, without a server'))
    .requiredOption('--policy <file>', 'the graduation policy')
    .option('--each', 'an answer for each block, then the last one again')
    .addHelpText('after', HELP)
    .action(async ({ policy: file, each, output }: JudgeOptions) => {
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
    });
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
