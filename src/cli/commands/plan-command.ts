import type { Command } from 'commander';
import { parseDurationMs, parsePercent } from '../../policy/units.ts';
import { Problem } from '../../problem/problem.ts';
import { planRollout } from '../../simulate/plan.ts';
import { type ExpectedTraffic, logNormalThrough } from '../../simulate/traffic.ts';
import { takesOutput } from '../connection.ts';
import { loadPolicy } from '../load-policy.ts';
import { type Format, print } from '../output.ts';
import type { Session } from '../terminal.ts';
import { describePlan } from './plan-text.ts';

const HELP = `
Latencies are log-normal through both quantiles. Times are medians by closed form: four rollouts in five take 0.3 to 2.3
times as long. A regression is one that is there when the step begins; its requests are those that the canary serves
until it is rolled back, and at most so many users are touched.`;

interface PlanOptions {
  readonly rps: string;
  readonly errorRate: string;
  readonly clientErrorRate: string;
  readonly p50: string;
  readonly p99: string;
  readonly keys?: string;
  readonly keySpread: string;
  readonly pairNoise: string;
  readonly write?: string;
  readonly output: Format;
}

export function registerPlan(program: Command, session: Session): void {
  takesOutput(program.command('plan').description('how long a policy takes, and what it catches, without a server'))
    .argument('<policy>', 'the graduation policy')
    .requiredOption('--rps <number>', 'requests a second, both versions together')
    .option('--error-rate <share>', 'errors of the stable', '0.1%')
    .option('--client-error-rate <share>', '4xx answers of the stable', '1%')
    .option('--p50 <duration>', 'median latency of the stable', '40ms')
    .option('--p99 <duration>', '99th percentile of it', '300ms')
    .addHelpText('after', HELP)
    .action(async (file: string, options: PlanOptions) => {
      const assumed = {
        requestsPerSecond: positive(options.rps, '--rps', (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : null)),
        errorRate: positive(options.errorRate, '--error-rate', (text) => below100(parsePercent(text))),
        clientErrorRate: shareOf(options.clientErrorRate, '--client-error-rate'),
        p50Ms: positive(options.p50, '--p50', parseDurationMs),
        p99Ms: positive(options.p99, '--p99', parseDurationMs),
      };
      if (assumed.p99Ms <= assumed.p50Ms) throw new Problem('invalid-input', '--p99 must be more than --p50');
      const policy = await loadPolicy(file);
      const { p50Ms, p99Ms, ...rates } = assumed;
      const traffic: ExpectedTraffic = { ...rates, latency: logNormalThrough(p50Ms, p99Ms) };
      const plan = planRollout(policy, traffic);
      const { name } = policy.metadata;
      print(session, options.output, { policy: name, assumed, ...plan }, () => describePlan(name, assumed, plan));
    });
}

const EXAMPLES = {
  '--rps': 'a number above 0, such as 200',
  '--error-rate': 'a percentage above 0% and below 100%, such as 0.1%',
  '--p50': 'a duration above 0, such as 40ms',
  '--p99': 'a duration above 0, such as 300ms',
  '--keys': 'a whole number above 0, such as 5000',
  '--pair-noise': 'a percentage above 0%, such as 15%',
  '--key-spread': 'a percentage above 0%, such as 30%',
} as const;

function shareOf(text: string, option: string): number {
  const share = below100(parsePercent(text));
  if (share === null) throw new Problem('invalid-input', `${option} must be a percentage below 100%, such as 1%`);
  return share;
}

function below100(share: number | null): number | null {
  return share !== null && share < 1 ? share : null;
}

function positive(text: string, option: keyof typeof EXAMPLES, parse: (text: string) => number | null): number {
  const value = parse(text);
  if (value === null || !(value > 0 && Number.isFinite(value))) {
    throw new Problem('invalid-input', `${option} must be ${EXAMPLES[option]}`);
  }
  return value;
}
