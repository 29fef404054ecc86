import { parityEdge } from '../../stats/latency/quantile.ts';
import { UNIT_METRICS } from '../../stats/units/unit-metric.ts';
import type { Check } from '../check.ts';
import type { UnitSight } from '../context.ts';
import type { CheckName, QuantileName } from '../finding.ts';
import { bucketMargins } from '../latency/bucket-margins.ts';
import { LEVELS } from '../latency/latency.ts';
import { lookAtKeys, uncounted } from './key-look.ts';
import { byRequests, harmParts, isReportOnly, keyCheckName, labelOf } from './key-terms.ts';
import { addLook, dueLook, followWeight, type KeysState, openKeys } from './keys.ts';
import { keyFindings } from './keys-finding.ts';

/**
 * The comparison of a sticky route: by keys and not by requests, since the requests of a key are not independent of each
 * other. It takes the place of all checks that compare requests, and has their budget.
 */
export const keysCheck: Check<KeysState> = {
  names: { listed: UNIT_METRICS.map(keyCheckName) },
  compares: 'keys',
  terms(policy, name) {
    const metric = metricOf(name);
    if (metric === undefined) return null;
    return {
      label: labelOf(metric),
      dryRun: isReportOnly(policy, metric),
      against: 'stable',
      skippedWith: byRequests(metric),
    };
  },
  claims: (policy) =>
    harmParts(policy).map(({ metric, part }) => ({
      check: keyCheckName(metric),
      insteadOf: 'requests',
      part: [part, 1],
    })),
  open: openKeys,
  observe(state, { block, of, assignment, phase }) {
    if (assignment !== 'by-key' || of !== 'both') return state;
    return followWeight(state, block.canaryBps, phase, block.startedAt);
  },
  isDue: (state, now) => dueLook(state, now) !== null,
  weigh: weighKeys,
  restart: (state) => ({ ...state, last: null }),
  move: (state, byMs) => ({
    ...state,
    step: state.step && { ...state.step, since: state.step.since + byMs },
    last: state.last && { ...state.last, countedSince: state.last.countedSince + byMs },
  }),
  stakes: (policy, { logHarm }, shareOf) =>
    harmParts(policy).map(({ metric }) => ({
      check: keyCheckName(metric),
      weight: shareOf(keyCheckName(metric)),
      logHarm: logHarm[metric],
    })),
  findings: keyFindings,
};

function weighKeys(state: KeysState, sight: UnitSight): KeysState {
  const { step } = state;
  const { counts, policy, now } = sight;
  const due = dueLook(state, now);
  if (step === null || due === null) return state;
  if (counts === 'uncounted') return { ...state, step: { ...step, looks: due }, last: uncounted(now - step.since) };
  if (counts.canaryBps !== step.canaryBps) return state;
  const { steps } = policy.spec;
  const declared = steps[sight.stepIndex];
  // A weight that the policy does not declare may be on its way up: only one that stays is looked at.
  const isDeclared = declared !== undefined && 'weight' in declared && declared.weight === step.canaryBps;
  if (due === 1 && !isDeclared && step.phase === 'judged') return state;
  const look = lookAtKeys(counts, {
    policy,
    step,
    ageMs: now - step.since,
    logParityThreshold: sight.logParityThreshold,
    dwellMs: declared?.dwell ?? 0,
    nextBps: sight.nextWeightsBps[0] ?? null,
    gapOf: (metric) => gapOf(sight, metric),
  });
  if (look.unusable !== null) return { ...state, step: { ...step, looks: due }, last: look };
  return addLook(state, look, due, steps.filter((one) => 'weight' in one).length);
}

// Of the answers above the stable's edge, the part that lies within the margin: what equal versions have less beyond it.
function gapOf({ policy, past, grid }: UnitSight, metric: QuantileName): number | null {
  const { parity } = bucketMargins(policy.spec.checks, metric, null, grid);
  const edge = parityEdge(past, LEVELS[metric], parity);
  return edge === null ? null : 1 - edge.equal / edge.share;
}

function metricOf(name: CheckName) {
  return UNIT_METRICS.find((metric) => keyCheckName(metric) === name);
}
