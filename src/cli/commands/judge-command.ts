import type { Command } from 'commander';
import { takesOutput } from '../connection.ts';
import type { Session } from '../terminal.ts';
import type { JudgeOptions } from './judge-lines.ts';

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

export function registerJudge(program: Command, session: Session): void {
  takesOutput(program.command('judge').description('judge measured blocks on standard input, without a server'))
    .requiredOption('--policy <file>', 'the graduation policy')
    .option('--each', 'an answer for each block, then the last one again')
    .addHelpText('after', HELP)
    // Loaded when it runs: the judge and its mathematics are most of what there is to load.
    .action(async (options: JudgeOptions) => (await import('./judge-lines.ts')).judgeLines(options, session));
}
