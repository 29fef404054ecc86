import type { Verdict } from '../../judge/verdict.ts';
import { formatSpan } from '../../parity/figures.ts';
import { obstacleIn, reservationsInWords } from '../../parity/internal/reservation.ts';
import { counted } from '../../policy/counted.ts';
import { formatBps } from '../../policy/units.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { Evidence } from '../evidence.ts';
import { approvalsInWords } from '../eyes/approvals.ts';
import { whyRefused, whyUntold } from '../forced.ts';
import { isKeptInternal } from '../internal.ts';
import { currentStep, type GateRule, gatesOf, neededDwellMs, nextStage } from '../plan.ts';
import type { Rollout } from '../state.ts';
import { reasonInWords } from '../words/quote.ts';
import { faring } from './consumer-harm.ts';
import { asksWhoNeedsOld, listedLeft, unlistedInWords, unlistedLeft } from './old-version.ts';

/** One thing that has to be true before the present stage ends by itself. */
export interface Need {
  readonly what: NeedName;
  readonly met: boolean;
  /** A clause that says how it is: `dwell: 79 s of 4 min`. */
  readonly says: string;
}

type NeedName = (typeof NEEDS)[number];

/** In the order in which they are shown. */
export const NEEDS = [
  'canary',
  'pause',
  'withdrawal',
  'return',
  'split',
  'dwell',
  'gate',
  'consumers',
  'forced',
  'answers',
  'checks',
  'person',
  'harm',
  'fault',
  'sight',
  'hold',
  'traffic',
  'warm-up',
  'parity',
  'least-time',
  'measured',
  'page',
  'asked',
  'decision',
  'look',
  'record',
] as const;

/**
 * What the stage itself asks for: `decide` ends it exactly when all are met and nothing else comes first. None once the
 * rollout has ended.
 *
 * @param preflightFailure why the canary does not answer; null if it does. Only read in `preflight`
 */
export function stageNeeds(rollout: Rollout, evidence: Evidence, preflightFailure: string | null): readonly Need[] {
  const { stage, policy } = rollout;
  switch (stage.kind) {
    case 'preflight':
      return [need('canary', preflightFailure === null, preflightFailure ?? 'every canary address answers')];
    case 'internal':
      return [...common(rollout, evidence), ...internalNeeds(rollout, evidence)];
    case 'step':
      return joined(
        [...common(rollout, evidence), ...faringNeeds(rollout, evidence), ...consumerNeeds(rollout, evidence)],
        stepNeeds(rollout, evidence),
      );
    case 'bake':
      return [...common(rollout, evidence), ...bakeNeeds(rollout, evidence)];
    case 'promoted': {
      const byHand = need('person', false, 'the policy says finalise: manual, so a person finalises it');
      return [...unhalted(rollout), ...(policy.spec.finalise === 'manual' ? [byHand] : [])];
    }
    case 'finalised':
    case 'rolled-back':
    case 'aborted':
    case 'superseded':
      return [];
  }
}

// The judge says more strictly whether it has seen the split: only a look that began with it counts.
function joined(all: readonly Need[], ofStep: readonly Need[]): readonly Need[] {
  const isJudged = ofStep.some(({ what }) => what === 'split');
  return [...all.filter(({ what }) => !(isJudged && what === 'split')), ...ofStep];
}

export function need(what: NeedName, met: boolean, says: string): Need {
  return { what, met, says };
}

/** Of every stage that lasts. */
function common(rollout: Rollout, { appliedAt, dwellMs }: Evidence): readonly Need[] {
  const needMs = neededDwellMs(rollout);
  return [
    ...unhalted(rollout),
    appliedAt === null
      ? need('split', false, 'the split of this stage has not been seen applied yet')
      : need('split', true, 'the split of this stage is in force'),
    ...(needMs === 0 ? [] : [need('dwell', dwellMs >= needMs, `dwell: ${dwellInWords(dwellMs, needMs)}`)]),
    ...gatesOf(rollout).map((gate) => {
      const isPassed = rollout.gatesPassed.includes(gate.name);
      return need('gate', isPassed, `gate ${gate.name}: ${gateInWords(rollout, gate, isPassed)}`);
    }),
  ];
}

function gateInWords(rollout: Rollout, { name, approval }: GateRule, isPassed: boolean): string {
  if (approval === null) return isPassed ? 'passed' : 'not passed yet';
  const approvals = approvalsInWords(rollout, name, approval);
  return isPassed ? `passed, ${approvals}` : approvals;
}

/** `79 s of 4 min`, and nothing is rounded up to a dwell that is over. */
function dwellInWords(haveMs: number, needMs: number): string {
  if (haveMs >= needMs) return `${formatSpan(needMs)}, all of it`;
  return `${haveMs < 1_000 ? 'none' : formatSpan(haveMs)} of ${formatSpan(needMs)}, ${formatSpan(needMs - haveMs)} to go`;
}

/** Nobody and nothing has stopped it. */
function unhalted({ paused, withdrawal, stepBack, canaryBps }: Rollout): readonly Need[] {
  const pause =
    paused === null
      ? need('pause', true, 'not paused')
      : need(
          'pause',
          false,
          `paused by ${paused.by} until somebody resumes it: ${reasonInWords(paused.reason, { role: paused.role ?? null })}`,
        );
  const taken = withdrawal && `its ${formatBps(withdrawal.fromBps)} was taken back to ${formatBps(canaryBps)}`;
  const given =
    withdrawal?.phase === 'held' ? 'a person gives it back by resume' : 'it is given once more when the route is well';
  return [
    pause,
    ...(taken === null ? [] : [need('withdrawal', false, `${taken} because the route failed as a whole; ${given}`)]),
    ...(stepBack?.phase === 'back'
      ? [
          need(
            'return',
            false,
            `it warms up at ${formatBps(canaryBps)}, and gets ${formatBps(stepBack.fromBps)} once more`,
          ),
        ]
      : []),
  ];
}

/** How those fare who were moved, against their own past. */
function faringNeeds(rollout: Rollout, evidence: Evidence): readonly Need[] {
  const known = faring(rollout, evidence);
  return known === null ? [] : [need('consumers', !known.holds, known.says)];
}

/** Before everybody gets the canary: who still needs the old version. */
function consumerNeeds(rollout: Rollout, { consumers }: Evidence): readonly Need[] {
  if (nextStage(rollout)?.kind !== 'bake' || !asksWhoNeedsOld(rollout)) return [];
  if (consumers === undefined)
    return [need('consumers', false, 'who still needs the old version has not been seen yet')];
  const { needsOld } = consumers;
  const listed = listedLeft(rollout, needsOld);
  const unlisted = unlistedLeft(rollout, needsOld);
  return [
    need('consumers', listed === null, listed ?? `no listed consumer needs ${rollout.stable.version} any more`),
    ...(rollout.policy.spec.consumers.unlisted === undefined
      ? []
      : [
          need(
            'consumers',
            unlisted === null,
            unlisted ?? (needsOld.unlisted && unlistedInWords(needsOld.unlisted)) ?? '',
          ),
        ]),
  ];
}

function internalNeeds(rollout: Rollout, { forced, verdict }: Evidence): readonly Need[] {
  if (!capabilitiesOf(rollout).gatewayCarries) return [];
  const { internal, dryRun } = rollout.policy.spec;
  const { requests, errors } = forced;
  const of = `${requests.toLocaleString('en-US')} of ${counted(internal.requests, 'forced request')}`;
  const unlike = dryRun ? null : (whyRefused(forced) ?? whyUntold(forced));
  return [
    need(
      'forced',
      requests >= internal.requests && errors <= internal.maxErrors,
      `${of}, ${errors} failed, ${internal.maxErrors} allowed`,
    ),
    ...(unlike === null ? [] : [need('answers', false, unlike)]),
    need('checks', !isKeptInternal(verdict), whatChecksSay(verdict)),
  ];
}

function whatChecksSay(verdict: Verdict | null): string {
  if (verdict === null) return 'nothing has been looked at yet';
  const { name, reason, reservations = [] } = verdict;
  if (name === 'harmful' || name === 'suspect') return reason;
  const said = reservationsInWords(reservations);
  switch (obstacleIn(reservations)?.kind) {
    case 'holds':
      return `held until a person advances it: ${said}`;
    case 'waits':
    case 'refuses':
      return said;
    default:
      return said === ''
        ? 'no check keeps it in the internal phase'
        : `no check keeps it in the internal phase: ${said}`;
  }
}

function stepNeeds(rollout: Rollout, { verdict }: Evidence): readonly Need[] {
  const step = currentStep(rollout);
  if (step && 'consumers' in step) {
    return [need('person', false, 'only listed consumers reach the canary: a person moves them, and ends this step')];
  }
  if (verdict === null) return [need('parity', false, 'nothing has been looked at in this step yet')];
  const { conditions = [] } = verdict;
  const isShown = verdict.name === 'at-parity';
  // The verdict decides, also one that has no conditions because harm ended it, or that was stored without them.
  const isSaid = conditions.length > 0 && conditions.every(({ met }) => met) === isShown;
  return isSaid ? conditions : [need(standsAgainst(verdict) ?? 'parity', isShown, verdict.reason)];
}

/** What the verdict says is wrong; null where nothing is. */
function standsAgainst({ name, hold }: Verdict): NeedName | null {
  switch (name) {
    case 'harmful':
    case 'suspect':
      return 'harm';
    case 'shared-fault':
      return 'fault';
    case 'blind':
      return 'sight';
    case 'undecided':
    case 'at-parity':
      return hold === undefined ? null : 'hold';
  }
}

// In the bake nothing is compared, so a verdict without evidence against the canary is the best there is.
function bakeNeeds(rollout: Rollout, { verdict, blindSince }: Evidence): readonly Need[] {
  const by = whyByHand(rollout);
  const against = verdict && standsAgainst(verdict);
  return [
    ...(by === null ? [] : [need('person', false, by)]),
    verdict === null
      ? need('sight', false, 'nothing has been looked at in this stage yet')
      : against === null && blindSince === null
        ? need('hold', true, 'no evidence stands against the canary')
        : need(against ?? 'sight', false, verdict.reason),
  ];
}

/** Why only a person ends the bake: Serin cannot see whether the canary has all the traffic, or was told to conclude nothing. */
function whyByHand(rollout: Rollout): string | null {
  if (!capabilitiesOf(rollout).splitSeen) {
    return 'another router makes the split: a person advances it when the canary serves everybody';
  }
  return rollout.policy.spec.dryRun ? 'spec.dryRun is set, so guards report only: a person ends the bake' : null;
}
