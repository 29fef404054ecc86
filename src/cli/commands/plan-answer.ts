import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseDurationMs, parsePercent } from '../../policy/units.ts';
import { errorCode } from '../../problem/error-code.ts';
import { Problem } from '../../problem/problem.ts';
import { planRollout } from '../../simulate/plan.ts';
import { type Proposal, proposePolicy } from '../../simulate/propose.ts';
import { planStickiness, type StickyKeys } from '../../simulate/stickiness.ts';
import { type ExpectedTraffic, logNormalThrough } from '../../simulate/traffic.ts';
import { loadPolicy } from '../load-policy.ts';
import { type Format, print } from '../output.ts';
import type { Session } from '../terminal.ts';
import { describePlan, describeStickiness, HEAVY_KEYS_LAST } from './plan-text.ts';

export interface PlanOptions {
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

/** Says what a policy takes and catches at the traffic of the options; writes a policy where they ask for one. */
export async function answerPlan(file: string | undefined, options: PlanOptions, session: Session): Promise<void> {
  const assumed = {
    requestsPerSecond: positive(options.rps, '--rps', (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : null)),
    errorRate: positive(options.errorRate, '--error-rate', (text) => below100(parsePercent(text))),
    clientErrorRate: shareOf(options.clientErrorRate, '--client-error-rate'),
    p50Ms: positive(options.p50, '--p50', parseDurationMs),
    p99Ms: positive(options.p99, '--p99', parseDurationMs),
    pairNoise: positive(options.pairNoise, '--pair-noise', parsePercent),
  };
  if (assumed.p99Ms <= assumed.p50Ms) throw new Problem('invalid-input', '--p99 must be more than --p50');
  const { p50Ms, p99Ms, ...rates } = assumed;
  const traffic: ExpectedTraffic = { ...rates, latency: logNormalThrough(p50Ms, p99Ms) };
  const given = file === undefined ? null : await loadPolicy(file);
  const written = options.write === undefined ? null : await writeProposal(options.write, traffic);
  const policy = given ?? written?.policy;
  if (policy === undefined) {
    throw new Problem('invalid-input', 'plan takes a policy, or --write FILE, which proposes one');
  }
  const plan = planRollout(policy, traffic);
  const sticky = options.keys === undefined ? null : planStickiness(keysOf(options), plan.steps);
  const { name } = policy.metadata;
  const answer = { policy: name, assumed, ...plan, sticky, wrote: options.write ?? null };
  print(session, options.output, answer, () =>
    [
      ...(options.write === undefined ? [] : [wroteInWords(options.write)]),
      describePlan(name, assumed, plan, policy.spec),
      ...(sticky === null ? [] : [describeStickiness(sticky)]),
      ...(policy.spec.heavyKeys === 'last' ? [HEAVY_KEYS_LAST] : []),
    ].join('\n\n'),
  );
}

/** What the traffic can carry says nothing of what answers and logs say: nobody here knows them. */
function wroteInWords(file: string): string {
  return (
    `wrote ${file}: the policy that this traffic can carry; it compares no fields of answers and no logs until checks.responseShape, ` +
    'checks.answers or checks.logs are added'
  );
}

/** A policy that is there already may be somebody's work: it is never overwritten. */
async function writeProposal(file: string, traffic: ExpectedTraffic): Promise<Proposal> {
  const stem = basename(file).replace(/\.ya?ml$/, '');
  const proposal = proposePolicy(/^[a-z0-9][a-z0-9-]{0,62}$/.test(stem) ? stem : 'proposed', traffic);
  if (proposal === null) {
    const message =
      `${file} is not written: no policy can carry so little traffic, because a step with the widest margins would need more than a year ` +
      'to show that a canary equals the stable; let a person end each step (spec.dryRun: true), or send probes (checks.probes)';
    throw new Problem('invalid-input', message);
  }
  try {
    await writeFile(file, proposal.text, { flag: 'wx' });
  } catch (cause) {
    throw new Problem('invalid-input', writeFailure(file, errorCode(cause)), { cause });
  }
  return proposal;
}

function writeFailure(file: string, code: string | null): string {
  switch (code) {
    case 'EEXIST':
      return `${file} is there already, and is not overwritten: give --write the name of a file that does not exist`;
    case 'ENOENT':
      return `${file} cannot be written: its folder does not exist`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${file} cannot be written: it is not allowed here`;
    default:
      return `${file} cannot be written: ${code ?? 'error'}`;
  }
}

function keysOf({ keys = '', keySpread }: PlanOptions): StickyKeys {
  return {
    keys: positive(keys, '--keys', (text) => (/^\d{1,9}$/.test(text) ? Number(text) : null)),
    spread: positive(keySpread, '--key-spread', parsePercent),
  };
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
