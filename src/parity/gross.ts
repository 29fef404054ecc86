import type { Policy } from '../policy/schema.ts';
import type { Tally } from '../stats/block.ts';
import { rateInterval } from '../stats/evidence/confidence.ts';
import type { Injection } from '../stats/evidence/onset.ts';
import { gridOf } from '../stats/latency/latency-form.ts';
import { bucketsWithin, massAbove } from '../stats/latency/log-histogram.ts';
import { quantileEdge, STARTING_MASS } from '../stats/latency/quantile.ts';
import { GROSS_BOUNDARY, type GrossState, grossSpent, logGross, openGross, stepGross } from '../stats/rates/gross.ts';
import { sentRequests } from '../stats/rates/unanswered.ts';
import { type Check, reactionOf } from './check.ts';
import type { LookContext, Sight } from './context.ts';
import { formatCount, formatPoints, formatShare } from './figures.ts';
import type { CheckName, Finding } from './finding.ts';
import { type Joined, moveJoined, stepJoined, withYoung } from './joined.ts';
import { comparedAnswers } from './latency/latency.ts';
import { limitsAbove } from './limits/limits.ts';
import { capOf } from './stake.ts';

const KINDS = ['errors', 'clientErrors', 'unanswered'] as const;
type Kind = (typeof KINDS)[number];

/** One test for each kind of failure, and the users that the canary cost in its warm-up. */
export interface GrossStates extends Readonly<Record<Kind, GrossState>> {
  readonly hurt: Hurt;
  /** Omitted before the first address that joined within a step. */
  readonly joined?: Joined;
}

/**
 * Requests of the last warm-up, and of the return that followed it, that failed or were slow beyond what the stable would have
 * given the same users. May be negative by chance.
 */
export interface Hurt {
  readonly entry: number;
  readonly failed: number;
  readonly slow: number;
}

/** The name under which the processes of the warm-up claim their share: each other check has one of its own. */
export const COLD = 'cold';

const LABELS: Readonly<Record<Kind, string>> = {
  errors: 'errors while it warms up',
  clientErrors: '4xx answers while it warms up',
  unanswered: 'requests without an answer while it warms up',
};
const YOUNG_LABELS: Readonly<Record<Kind, string>> = {
  errors: 'errors of addresses that joined it',
  clientErrors: '4xx answers of addresses that joined it',
  unanswered: 'requests without an answer of addresses that joined it',
};
const PARTS: Readonly<Record<Kind, readonly [number, number]>> = {
  errors: [1, 4],
  clientErrors: [1, 8],
  unanswered: [1, 8],
};
/** What the budget of users forgives: a tenth of the stable's own share and this much. */
const FORGIVEN_RATIO = 1.1;
const FORGIVEN_FAILURES = 1e-4;
const FORGIVEN_SLOW = 0.01;

/** Failures that are no matter of warming up: they roll back at once. Latency never does while the canary warms up. */
export const grossCheck: Check<GrossStates> = {
  names: { listed: [COLD, ...KINDS.map(nameOf)] },
  compares: 'requests',
  terms({ spec: { checks } }, name) {
    if (name === COLD) return { label: 'the warm-up', dryRun: false, against: 'stable' };
    const kind = KINDS.find((one) => nameOf(one) === name);
    if (kind === undefined) return null;
    const declared = kind === 'clientErrors' ? checks.clientErrors : checks.errors;
    return { label: LABELS[kind], ...reactionOf(declared), against: 'stable' };
  },
  claims: ({ spec: { judge } }) =>
    judge.warmUp === 0
      ? []
      : [
          { check: COLD, of: 'cold', part: [1, 2] },
          ...KINDS.map((kind) => ({ check: nameOf(kind), of: 'cold', part: PARTS[kind] }) as const),
        ],
  open: () => ({
    errors: openGross(),
    clientErrors: openGross(),
    unanswered: openGross(),
    hurt: { entry: 0, failed: 0, slow: 0 },
  }),
  observe(state, sight) {
    const joined = stepJoined(state.joined, sight);
    const spent = spentOf(joined ?? null, state.hurt, sight);
    const stepped = (kind: Kind) => observeKind(kind, state[kind], sight, spent);
    return {
      errors: stepped('errors'),
      clientErrors: stepped('clientErrors'),
      unanswered: stepped('unanswered'),
      hurt: sight.warmUp === null ? state.hurt : addHurt(ofEntry(state.hurt, sight.warmUp.entry), sight),
      ...(joined === undefined ? {} : { joined }),
    };
  },
  move: (state, byMs) => (state.joined === undefined ? state : { ...state, joined: moveJoined(state.joined, byMs) }),
  stakes: ({ spec: { judge } }, state, shareOf) =>
    judge.warmUp === 0
      ? []
      : KINDS.map((kind) => ({ check: nameOf(kind), weight: shareOf(nameOf(kind)), logHarm: logGross(state[kind]) })),
  findings: (_, state, context) =>
    context.warmUpLeftMs > 0 || state.joined?.leftOut || KINDS.some((kind) => logGross(state[kind]) > 0)
      ? KINDS.map((kind) => findingOf(kind, state, context))
      : [],
};

/** The largest log e-value of a gross failure so far. */
export function logGrossHarm(state: GrossStates): number {
  return Math.max(...KINDS.map((kind) => logGross(state[kind])));
}

/** Whether the warm-up cost more users than the policy allows. */
export function isOverBudget({ spec: { harm } }: Policy, { hurt }: GrossStates): boolean {
  return hurt.failed >= harm.failed || hurt.slow >= harm.slow;
}

function nameOf(kind: Kind): CheckName {
  return `gross:${kind}`;
}

/**
 * The mass injected up to and with this block. A warm-up of the whole canary and one of addresses that joined it count alike, one after
 * the other; outside of both nothing is bet.
 */
function spentOf(joined: Joined | null, hurt: Hurt, { warmUp, policy, block }: Sight): Injection {
  const times = joined?.times ?? 0;
  if (warmUp !== null) return grossSpent(Math.max(1, warmUp.entry) + times, warmUp.passed);
  if (joined === null || joined.counts === null) return 'nothing';
  const passed = (block.startedAt - joined.since) / policy.spec.judge.warmUp;
  return grossSpent(Math.max(1, hurt.entry) + times, passed);
}

// In a warm-up of the whole canary all of its answers count, and otherwise those of its young addresses alone.
function observeKind(kind: Kind, state: GrossState, sight: Sight, spent: Injection): GrossState {
  const { policy, compared, bet, shareOf, warmUp } = sight;
  const both = withYoung(compared);
  const canary = warmUp !== null ? both.canary : (compared.young?.canary?.tally ?? null);
  const counts = {
    nc: countOf(kind, canary).of,
    xc: countOf(kind, canary).events,
    ns: countOf(kind, both.stable).of,
    xs: countOf(kind, both.stable).events,
  };
  const share = shareOf(nameOf(kind));
  const cap = share > 0 ? capOf(policy, share) : bet.cap;
  return stepGross(state, counts, compared.durationMs, { ...bet, cap, spent });
}

function countOf(kind: Kind, tally: Tally | null): { readonly events: number; readonly of: number } {
  if (kind === 'unanswered') return { events: tally?.unanswered ?? 0, of: sentRequests(tally) };
  return { events: tally?.[kind] ?? 0, of: tally?.requests ?? 0 };
}

function ofEntry(hurt: Hurt, entry: number): Hurt {
  return hurt.entry === entry ? hurt : { entry, failed: 0, slow: 0 };
}

// What the stable would have given takes blocks with requests of both: with little traffic those that were merged.
function addHurt(hurt: Hurt, sight: Sight): Hurt {
  const { past, form } = sight;
  const {
    block: { canary, stable },
    latency,
  } = comparedAnswers(sight);
  if (canary === null || stable === null || stable.requests === 0) return hurt;
  const failed = beyond(canary.errors, canary.requests, stable.errors / stable.requests, FORGIVEN_FAILURES);
  const edge = quantileEdge(past, 0.99);
  if (edge === null || edge.mass < STARTING_MASS || latency.stable.total === 0) {
    return { ...hurt, failed: hurt.failed + failed };
  }
  const bucket = edge.bucket + bucketsWithin(FORGIVEN_RATIO, gridOf(form));
  const share = massAbove(latency.stable, bucket) / latency.stable.total;
  const slow = beyond(massAbove(latency.canary, bucket), latency.canary.total, share, FORGIVEN_SLOW);
  return { ...hurt, failed: hurt.failed + failed, slow: hurt.slow + slow };
}

function beyond(events: number, of: number, stableShare: number, forgiven: number): number {
  return events - of * (FORGIVEN_RATIO * stableShare + forgiven);
}

function findingOf(kind: Kind, { joined, ...states }: GrossStates, context: LookContext): Finding {
  const young = joined?.counts ?? null;
  const canary = shareOf(kind, young?.canary ?? context.figures.canary);
  const stable = shareOf(kind, young?.stable ?? context.figures.stable);
  const label = young === null ? LABELS[kind] : YOUNG_LABELS[kind];
  const says =
    canary.share === null || stable.share === null
      ? `${label}: no traffic to compare yet`
      : `${label} ${formatShare(canary.share)} against ${formatShare(stable.share)}`;
  const margin = `${formatShare(GROSS_BOUNDARY.rho - 1)} + ${formatPoints(GROSS_BOUNDARY.a)}`;
  const requests = `${formatCount(canary.of)} against ${formatCount(stable.of)} requests`;
  return {
    check: nameOf(kind),
    canary: canary.share,
    stable: stable.share,
    unit: 'share',
    quantile: null,
    bounds: { canary: rateInterval(canary.events, canary.of), stable: rateInterval(stable.events, stable.of) },
    requests: { canary: canary.of, stable: stable.of },
    logHarm: logGross(states[kind]),
    budgetWeight: context.shareOf(nameOf(kind)),
    dispersion: context.phi.rate,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: margin,
    parityMargin: null,
    limits: limitsAbove(stable.share, GROSS_BOUNDARY, []),
    needsCanaryRequests: null,
    needsAt: [],
    ...(young === null ? {} : { blame: `${says} (margin ${margin}), ${requests} since they joined` }),
    ...(joined?.leftOut ? { aside: joined.leftOut } : {}),
    says,
  };
}

function shareOf(kind: Kind, { requests, unanswered = 0, ...totals }: Pick<Tally, 'requests' | Kind>) {
  const events = kind === 'unanswered' ? unanswered : totals[kind];
  const of = kind === 'unanswered' ? requests + unanswered : requests;
  return { events, of, share: of === 0 ? null : events / of };
}
