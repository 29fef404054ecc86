import type { Policy } from '../policy/schema.ts';
import type { LatencyMargin } from '../policy/units.ts';
import type { ProbePair } from '../stats/block.ts';
import { coldLog, logMixture } from '../stats/evidence/onset.ts';
import {
  LARGEST_PROBE_BET,
  logProbeEvidence,
  openProbes,
  PROBE_WEIGHTS,
  type ProbeTest,
  restartProbeParity,
  type Signs,
  stepProbes,
} from '../stats/series/probe-bets.ts';
import type { Check } from './check.ts';
import { formatCount, formatLatency, formatShare } from './figures.ts';
import { type Limits, NO_LIMITS } from './limits/limits.ts';

/** What the pairs of the present stage were. */
interface ProbeFigures {
  /** Both versions answered. */
  readonly pairs: number;

  readonly within: number;
  readonly canaryAloneFailed: number;
  /** Sums of ln(ms): their means are the logs of what is shown. */
  readonly logs: { readonly canary: number; readonly stable: number };
}

export interface ProbesState extends ProbeTest {
  readonly step: ProbeFigures;
}

const NONE: ProbeFigures = { pairs: 0, within: 0, canaryAloneFailed: 0, logs: { canary: 0, stable: 0 } };

/** The same requests to both versions, sent by Serin itself where clients send too few. Counted apart from all traffic. */
export const probesCheck: Check<ProbesState> = {
  names: { listed: ['probes'] },
  terms: ({ spec: { checks } }, name) =>
    name === 'probes' ? { label: 'probes', dryRun: checks.probes?.dryRun ?? false, against: 'stable' } : null,
  claims: ({ spec: { checks } }) =>
    checks.probes === undefined ? [] : [{ check: 'probes', share: checks.probes.weight }],
  open: () => ({ ...openProbes(), step: NONE }),
  observe(state, { policy, block, of, phase, bet }) {
    const { probes = [] } = block;
    if (probes.length === 0 || phase === 'warm-up' || of !== 'both') return state;
    const margins = probeMargins(policy);
    const slower = signsOf(probes, (pair) => !isWithin(pair, margins.rollback));
    const within = signsOf(probes, (pair) => isWithin(pair, margins.parity));
    const step = bet.parity === 'counted' ? extended(state.step, probes, within) : state.step;
    return { ...stepProbes(state, slower, within, bet), step };
  },
  restart: (state) => ({ ...state, ...restartProbeParity(state), step: NONE }),
  stakes: ({ spec: { checks } }, { harm }, shareOf) =>
    checks.probes === undefined
      ? []
      : [
          {
            check: 'probes',
            weight: shareOf('probes'),
            logHarm: logMixture(harm, PROBE_WEIGHTS),
            cold: () => coldLog(harm, PROBE_WEIGHTS),
          },
        ],
  findings(policy, { harm, parity, step }, { shareOf, logParityThreshold }) {
    if (policy.spec.checks.probes === undefined) return [];
    const { pairs, logs } = step;
    const typical = (sum: number) => (pairs === 0 ? null : Math.exp(sum / pairs));
    const margins = probeMargins(policy);
    const logParity = logProbeEvidence(parity);
    return [
      {
        check: 'probes',
        canary: typical(logs.canary),
        stable: typical(logs.stable),
        unit: 'ms',
        quantile: null,
        bounds: { canary: null, stable: null },
        requests: { canary: pairs, stable: pairs },
        logHarm: logMixture(harm, PROBE_WEIGHTS),
        budgetWeight: shareOf('probes'),
        dispersion: 1,
        logParity,
        logParityThreshold,
        rollbackMargin: inWords(margins.rollback),
        parityMargin: inWords(margins.parity),
        limits: limitsOf(typical(logs.stable), margins),
        needsCanaryRequests: null,
        needsAt: [],
        pairs: pairs + step.canaryAloneFailed,
        blame: blameOf(step, margins),
        says: saysOf(step, inWords(margins.parity), logParityThreshold - logParity),
      },
    ];
  },
};

/** `probes typically 60 ms against 15 ms (margin 50 %), within 80 % in 1 of 20 pairs`, or that it alone fails them. */
function blameOf(
  { pairs, within, canaryAloneFailed, logs }: ProbeFigures,
  { rollback, parity }: ReturnType<typeof probeMargins>,
): string {
  // What counts against the canary may be pairs of an earlier split, or of a time in which the route as a whole failed.
  if (pairs + canaryAloneFailed === 0) return 'is worse in probes, none of which are figures of this step';
  const all = formatCount(pairs + canaryAloneFailed);
  const failed =
    canaryAloneFailed === 0 ? '' : `fails ${formatCount(canaryAloneFailed)} of ${all} probes that the stable answers`;
  if (pairs === 0) return failed;
  const shown = (sum: number) => formatLatency(Math.exp(sum / pairs));
  const slower =
    `probes typically ${shown(logs.canary)} against ${shown(logs.stable)} (margin ${inWords(rollback)}), ` +
    `within ${inWords(parity)} in ${formatCount(within)} of ${formatCount(pairs)} pairs`;
  return failed === '' ? slower : `${failed}; ${slower}`;
}

function saysOf(step: ProbeFigures, parityMargin: string, missing: number): string {
  const { pairs, within, canaryAloneFailed, logs } = step;
  const failed = canaryAloneFailed === 0 ? '' : `; the canary alone failed ${formatCount(canaryAloneFailed)} more`;
  if (pairs === 0) {
    return `probes: no pair was answered by both versions in this step yet; probes of the route say what is sent${failed}`;
  }
  const shown = (sum: number) => formatLatency(Math.exp(sum / pairs));
  const figures =
    `probes: typically ${shown(logs.canary)} against ${shown(logs.stable)}, ` +
    `within ${parityMargin} in ${formatCount(within)} of ${formatCount(pairs)} pairs${failed}`;
  if (missing <= 0) return figures;
  return `${figures}; parity takes at least ${formatCount(Math.ceil(missing / LARGEST_PROBE_BET))} more`;
}

// The margins of the median, where the probes have none of their own.
export function probeMargins({ spec: { checks } }: Policy): {
  readonly rollback: LatencyMargin;
  readonly parity: LatencyMargin;
} {
  const { rollback = checks.latency.p50.rollback, parity = checks.latency.p50.parity } = checks.probes ?? {};
  return { rollback, parity };
}

function limitsOf(stable: number | null, { rollback, parity }: ReturnType<typeof probeMargins>): Limits {
  if (stable === null) return NO_LIMITS;
  return { rollback: stable + allowedMs(rollback, stable), parity: stable + allowedMs(parity, stable) };
}

function isWithin({ canary, stable }: Answered, margin: LatencyMargin): boolean {
  return canary <= stable + allowedMs(margin, stable);
}

function allowedMs({ relative, absoluteMs }: LatencyMargin, stable: number): number {
  return Math.max(stable * relative, absoluteMs);
}

interface Answered {
  readonly canary: number;
  readonly stable: number;
}

function isAnswered(pair: ProbePair): pair is Answered {
  return pair.canary !== null && pair.stable !== null;
}

/** A pair that the canary alone failed speaks against it; one that the stable failed says nothing of latencies. */
function signsOf(probes: readonly ProbePair[], isWon: (pair: Answered) => boolean): Signs {
  let won = 0;
  let lost = 0;
  const failed: Answered = { canary: Number.POSITIVE_INFINITY, stable: 0 };
  for (const pair of probes) {
    if (pair.stable === null) continue;
    if (isWon(isAnswered(pair) ? pair : failed)) won += 1;
    else lost += 1;
  }
  return { won, lost };
}

function extended(step: ProbeFigures, probes: readonly ProbePair[], within: Signs): ProbeFigures {
  const answered = probes.filter(isAnswered);
  const sum = (of: (pair: Answered) => number) => answered.reduce((total, pair) => total + Math.log(of(pair)), 0);
  return {
    pairs: step.pairs + answered.length,
    within: step.within + within.won,
    canaryAloneFailed:
      step.canaryAloneFailed + probes.filter((pair) => pair.stable !== null && pair.canary === null).length,
    logs: {
      canary: step.logs.canary + sum(({ canary }) => canary),
      stable: step.logs.stable + sum(({ stable }) => stable),
    },
  };
}

function inWords({ relative, absoluteMs }: LatencyMargin): string {
  if (absoluteMs === 0) return formatShare(relative);
  return relative === 0 ? formatLatency(absoluteMs) : `${formatShare(relative)} or ${formatLatency(absoluteMs)}`;
}
