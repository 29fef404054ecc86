import { formatShare, formatSpan, formatWeight } from '../parity/figures.ts';
import { readPolicy } from '../policy/read.ts';
import { type Policy, type PolicyDocument, policySchema } from '../policy/schema.ts';
import { formatDuration, formatPercent, LONGEST_DURATION_MS } from '../policy/units.ts';
import { nameRegression } from './advice.ts';
import { planRollout } from './plan.ts';
import type { StepPlan } from './plan-step.ts';
import type { ExpectedTraffic } from './traffic.ts';

type Checks = NonNullable<PolicyDocument['spec']['checks']>;

/** Margins, from the narrowest to what very little traffic can show. */
interface Tier {
  readonly says: string;
  readonly checks: Checks;
  readonly ladders: readonly (readonly Rung[])[];
  readonly leastGuard: number;
}

interface Rung {
  readonly weight: string;
  readonly dwellMs: number;
}

const HOUR_MS = 3_600_000;
/** Nine rollouts of ten need at most so many times the forecast. */
const ROOM = 2.3;
/** A guard stands so many times above what the stable has. */
const ABOVE_BASE = 5;

const LADDERS: readonly (readonly Rung[])[] = [
  [
    { weight: '1%', dwellMs: 24 * HOUR_MS },
    { weight: '10%', dwellMs: 48 * HOUR_MS },
    { weight: '50%', dwellMs: 24 * HOUR_MS },
  ],
  [
    { weight: '10%', dwellMs: 24 * HOUR_MS },
    { weight: '50%', dwellMs: 24 * HOUR_MS },
  ],
  [
    { weight: '25%', dwellMs: 4 * HOUR_MS },
    { weight: '50%', dwellMs: 8 * HOUR_MS },
  ],
];

const TIERS: readonly Tier[] = [
  { says: 'the usual margins', checks: {}, ladders: LADDERS, leastGuard: 0.05 },
  {
    says: 'wider margins than usual, and no p99: this traffic would take days to show those',
    checks: {
      errors: { rollback: { relative: '25%', absolute: '0.2pp' }, parity: { relative: '50%', absolute: '0.5pp' } },
      clientErrors: { parity: { relative: '100%', absolute: '2pp' } },
      latency: {
        p50: { rollback: '10.5%', parity: '27%' },
        p95: { rollback: '15%', parity: '43%' },
        p99: { dryRun: true },
      },
    },
    ladders: LADDERS,
    leastGuard: 0.05,
  },
  {
    says: 'the margins of policies/quiet.yaml: so little traffic can show that nothing is badly wrong, and no more',
    checks: {
      errors: { rollback: { relative: '50%', absolute: '1pp' }, parity: { relative: '100%', absolute: '2.5pp' } },
      clientErrors: { hold: { relative: '100%', absolute: '5pp' }, parity: { relative: '100%', absolute: '10pp' } },
      latency: { p50: { rollback: '20%', parity: '60%' }, p95: { dryRun: true }, p99: { dryRun: true } },
    },
    ladders: LADDERS.slice(-1),
    leastGuard: 0.1,
  },
];

export interface Proposal {
  readonly policy: Policy;
  /** The file, with comments. */
  readonly text: string;
}

/**
 * The policy that this traffic can carry: the narrowest margins and the smallest first weight at which nine rollouts of ten show
 * parity within the dwells; with little traffic the dwells of the last one grow. Null where a step would take longer than any dwell
 * can be: no policy carries so little traffic.
 */
export function proposePolicy(name: string, traffic: ExpectedTraffic): Proposal | null {
  for (const tier of TIERS) {
    for (const ladder of tier.ladders) {
      const policy = policyWith(name, traffic, tier, ladder);
      if (planRollout(policy, traffic).steps.every(isCarried)) return proposalOf(policy, traffic, tier);
    }
  }
  const tier = TIERS.at(-1);
  const ladder = LADDERS.at(-1);
  if (tier === undefined || ladder === undefined) throw new Error('there is a last tier');
  const { steps } = planRollout(policyWith(name, traffic, tier, ladder), traffic);
  if (steps.some(outlastsAnyDwell)) return null;
  const stretched = ladder.map(({ weight, dwellMs }, index) => {
    const wanted = ROOM * (steps[index]?.evidenceMs ?? 0);
    return { weight, dwellMs: Math.max(dwellMs, Math.ceil(wanted / HOUR_MS) * HOUR_MS) };
  });
  return proposalOf(policyWith(name, traffic, tier, stretched), traffic, tier);
}

function outlastsAnyDwell({ evidence, evidenceMs }: StepPlan): boolean {
  if (evidenceMs !== null) return ROOM * evidenceMs > LONGEST_DURATION_MS;
  return evidence.some((one) => one.kind === 'never' && one.because === 'traffic');
}

function isCarried({ evidenceMs, dwellMs }: StepPlan): boolean {
  return evidenceMs !== null && ROOM * evidenceMs <= dwellMs;
}

function policyWith(name: string, traffic: ExpectedTraffic, tier: Tier, ladder: readonly Rung[]): Policy {
  return policySchema.parse({
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name },
    spec: {
      steps: ladder.map(({ weight, dwellMs }) => ({ weight, dwell: formatDuration(dwellMs) })),
      checks: tier.checks,
      guards: { errors: guardOf(traffic, tier) },
    },
  });
}

// In whole per cent: the bake has nothing but this and the brake.
function guardOf({ errorRate }: ExpectedTraffic, { leastGuard }: Tier): string {
  return formatPercent(Math.min(0.95, Math.ceil(100 * Math.max(leastGuard, ABOVE_BASE * errorRate)) / 100));
}

function proposalOf(policy: Policy, traffic: ExpectedTraffic, tier: Tier): Proposal {
  const { name } = policy.metadata;
  const { steps } = planRollout(policy, traffic);
  const text = [
    '# Proposed by `serin plan` for this traffic; read it before you use it:',
    `# ${trafficInWords(traffic)}.`,
    `# It has ${tier.says}. What is left out has its default.`,
    'apiVersion: serin.dev/v1',
    'kind: GraduationPolicy',
    'metadata:',
    `  name: ${name}`,
    '',
    'spec:',
    '  steps:',
    ...steps.flatMap(stepLines),
    '',
    ...(Object.keys(tier.checks).length > 0 ? ['  checks:', ...linesOf(tier.checks, 4)] : []),
    '',
    '  # In the bake there is nothing to compare with: only this limit and the brake roll back.',
    '  guards:',
    `    errors: ${guardOf(traffic, tier)}`,
    '',
  ].join('\n');
  const reading = readPolicy(text, `${name}.yaml`);
  if (!reading.ok) throw new Error(`the proposed policy is not valid: ${reading.issues[0]?.message ?? ''}`);
  return { policy: reading.policy, text };
}

function trafficInWords({ requestsPerSecond, errorRate, clientErrorRate, latency }: ExpectedTraffic): string {
  return (
    `${requestsPerSecond} requests/s, errors ${formatShare(errorRate)}, 4xx ${formatShare(clientErrorRate)}, ` +
    `median ${Number(latency.medianMs.toPrecision(3))} ms`
  );
}

function stepLines({ weightBps, dwellMs, evidenceMs, slowest, regressions }: StepPlan): readonly string[] {
  const shown =
    evidenceMs === null
      ? `${slowest ?? 'parity'} is never shown at this traffic: a person ends this step`
      : `parity in about ${formatSpan(evidenceMs)}, ${slowest ?? 'nothing'} last`;
  const found = regressions.flatMap((regression) =>
    regression.outcome.kind === 'caught'
      ? [`${nameRegression(regression)} in ${formatSpan(regression.outcome.ms)}`]
      : [],
  );
  return [
    `    # ${shown}.`,
    ...(found.length > 0
      ? [`    # Found: ${found.join(', ')}.`]
      : ['    # Found: failures of nearly everything only.']),
    `    - weight: ${formatWeight(weightBps).replace(' ', '')}`,
    `      dwell: ${formatDuration(dwellMs)}`,
  ];
}

function linesOf(value: object, indent: number): readonly string[] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) => {
    const at = ' '.repeat(indent);
    if (typeof part !== 'object' || part === null) return [`${at}${key}: ${String(part)}`];
    const isFlat = Object.values(part).every((one) => typeof one !== 'object');
    if (!isFlat) return [`${at}${key}:`, ...linesOf(part, indent + 2)];
    const fields = Object.entries(part).map(([name, one]) => `${name}: ${String(one)}`);
    return [`${at}${key}: { ${fields.join(', ')} }`];
  });
}
