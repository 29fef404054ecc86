import { recall } from '../../judge/recall.ts';
import type { JudgeState } from '../../judge/state.ts';
import { temperingOf } from '../../judge/tempering.ts';
import { formatAbout, formatCount } from '../../parity/figures.ts';
import { counted } from '../../policy/counted.ts';
import type { Policy } from '../../policy/schema.ts';
import { type Excess, excessErrors } from '../../stats/rates/excess.ts';
import type { Evidence } from '../evidence.ts';
import type { RolloutRecord } from '../record.ts';
import { type CanaryLanes, excessSums } from './cost.ts';

/** What a rollout has cost, for people. */
export interface Cost {
  readonly canaryRequests: number;
  /** Null for a rollout that began before they were told apart. */
  readonly lanes: CanaryLanes | null;
  /** Null where the versions never served side by side; its limits are null where keys are sticky. */
  readonly excessErrors: { readonly [Name in keyof Excess]: Name extends 'estimate' ? number : number | null } | null;
  readonly says: string;
}

/** What people want to know of a rollout beside its state and its verdict. */
export interface SoFar {
  /** Null for a rollout whose evidence was stored before its cost was counted. */
  readonly cost: Cost | null;
  /**
   * When what the verdict now rests on was first seen, epoch ms: the onset of the evidence of harm by the gateway's clock, else since when
   * the verdict has been so. Null where nothing leads.
   */
  readonly leadingSince: number | null;
}

export function soFarOf({ rollout, evidence }: RolloutRecord): SoFar {
  const judge = recall(rollout.policy, evidence.judge);
  return {
    cost: costOf(rollout.policy, evidence, judge),
    leadingSince: leadingSince(evidence, judge),
  };
}

function costOf(policy: Policy, evidence: Evidence, judge: JudgeState): Cost | null {
  if (evidence.cost === undefined) return null;
  const canaryRequests = Math.round(evidence.cost.canaryRequests);
  const excess = excessErrors(excessSums(evidence.cost), temperingOf(policy, judge).rate);
  const lanes = evidence.cost.lanes ? rounded(evidence.cost.lanes) : null;
  const served = `${counted(canaryRequests, 'canary request')}${lanesInWords(lanes)}`;
  if (excess === null) {
    return { canaryRequests, lanes, excessErrors: null, says: `${served}; the versions have not served side by side` };
  }
  const { estimate, low, high } = excess;
  const beyond = `${served}; about ${aboutOf(estimate)} than the stable's rate would have given`;
  if (judge.assignment === 'by-key') {
    const says = `${beyond}: keys are sticky, so that the versions have users of their own, and there is no interval`;
    return { canaryRequests, lanes, excessErrors: { estimate, low: null, high: null }, says };
  }
  return { canaryRequests, lanes, excessErrors: excess, says: `${beyond} (${rangeOf(low, high)})` };
}

function rounded({ weight, forced, ruled }: CanaryLanes): CanaryLanes {
  return { weight: Math.round(weight), forced: Math.round(forced), ruled: Math.round(ruled) };
}

/** ` (12 by weight, 20 forced)`, behind the sum; empty where the weight gave all of them, and where it is not known. */
export function lanesInWords(lanes: CanaryLanes | null): string {
  const told = (
    [
      ['weight', 'by weight'],
      ['forced', 'forced'],
      ['ruled', "by consumers' rules"],
    ] as const
  ).flatMap(([lane, how]) => (lanes === null || lanes[lane] === 0 ? [] : [{ lane, count: lanes[lane], how }]));
  const [first, ...others] = told;
  if (first === undefined || (first.lane === 'weight' && others.length === 0)) return '';
  if (others.length === 0) return ` (all ${first.how})`;
  return ` (${told.map(({ count, how }) => `${formatCount(count)} ${how}`).join(', ')})`;
}

function leadingSince({ verdict, held, faultSince, blindSince }: Evidence, judge: JudgeState): number | null {
  switch (verdict?.name) {
    case 'harmful':
    case 'suspect':
      // Evidence of the warm-up alone has no onset of its own: it began with the increase.
      return verdict.leads === undefined ? judge.warmUp.since : (judge.harm.since.span?.from ?? null);
    case 'shared-fault':
      return faultSince;
    case 'blind':
      return blindSince;
    case 'undecided':
    case 'at-parity':
      return verdict.hold === undefined ? null : (held?.since ?? null);
    case undefined:
      return null;
  }
}

function aboutOf(errors: number): string {
  const rounded = Math.abs(errors) < 10 ? Math.round(errors) : Number(errors.toPrecision(2));
  return rounded < 0 ? `${formatAbout(-rounded)} errors fewer` : `${formatAbout(rounded)} errors more`;
}

function rangeOf(low: number, high: number): string {
  const show = (errors: number) => `${errors < 0 ? '-' : ''}${formatCount(Math.abs(errors))}`;
  return `${show(low)} to ${show(high)}`;
}
