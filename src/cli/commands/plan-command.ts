import type { Command } from 'commander';
import { formatPercent } from '../../policy/units.ts';
import { USUAL_PAIR_NOISE } from '../../simulate/traffic.ts';
import { takesOutput } from '../connection.ts';
import type { Session } from '../terminal.ts';
import type { PlanOptions } from './plan-answer.ts';

const HELP = `
Latencies are log-normal through both quantiles. Times are medians by closed form: four rollouts in five take 0.3 to 2.3
times as long. A regression is one that is there when the step begins; its requests are those that the canary serves
until it is rolled back, and at most so many users are touched.`;

export function registerPlan(program: Command, session: Session): void {
  takesOutput(program.command('plan').description('how long a policy takes, and what it catches, without a server'))
    .argument('[policy]', 'the graduation policy; left out, the one that --write proposes')
    .requiredOption('--rps <number>', 'requests a second, both versions together')
    .option('--error-rate <share>', 'errors of the stable', '0.1%')
    .option('--client-error-rate <share>', '4xx answers of the stable', '1%')
    .option('--p50 <duration>', 'median latency of the stable', '40ms')
    .option('--p99 <duration>', '99th percentile of it', '300ms')
    .option('--keys <number>', 'says what a sticky key costs: how many keys are active during a step')
    .option('--key-spread <share>', "by how much one key's latency differs from another's", '30%')
    .option(
      '--pair-noise <share>',
      'by how much the two times of a pair of probes differ',
      formatPercent(USUAL_PAIR_NOISE),
    )
    .option('--write <file>', 'writes the policy that this traffic can carry; the file must not exist')
    .addHelpText('after', HELP)
    // Loaded when it runs: it forecasts by the mathematics of every check.
    .action(async (file: string | undefined, options: PlanOptions) =>
      (await import('./plan-answer.ts')).answerPlan(file, options, session),
    );
}
