import { WHOLE_BPS } from '../split/assign.ts';
import type { Block, KeyKind } from '../stats/block.ts';
import { rateInterval } from '../stats/evidence/confidence.ts';
import {
  logSplitExcess,
  logSplitLack,
  type SplitShare,
  stepSplitShare,
  UNWATCHED_SPLIT,
} from '../stats/rates/split-share.ts';
import { sentRequests } from '../stats/rates/unanswered.ts';
import type { Check, Hold } from './check.ts';
import type { Sight } from './context.ts';
import { formatCount, formatShare, formatWeight } from './figures.ts';
import type { Finding } from './finding.ts';

/** The tests of the present split, and what its sentences say. */
export interface SplitState extends SplitShare {
  readonly weightBps: number;
  /** Requests since the split began. */
  readonly sent: { readonly canary: number; readonly stable: number };
  /** The sticky key that has half of the traffic or more; null when none has. */
  readonly heavy: { readonly kind: KeyKind; readonly name: string | null; readonly part: number } | null;
  /** Whether a sticky key chooses the version. */
  readonly isSticky: boolean;
}

const UNWATCHED: SplitState = {
  ...UNWATCHED_SPLIT,
  weightBps: 0,
  sent: { canary: 0, stable: 0 },
  heavy: null,
  isSticky: false,
};

/** Where nothing is known of the keys or of the draws, as few as four keys may be all of the traffic. */
const UNKNOWN_SQUARES = 0.25;
const HEAVY_PART = 0.5;
const ENOUGH_OF_KEYS = 100;
/** Evidence at which a person is paged without waiting. */
const LOG_CERTAIN = Math.log(1_000);

const KIND_WORDS: Readonly<Record<KeyKind, string>> = {
  'client-address': 'client address',
  consumer: 'consumer',
  header: 'value of the sticky header',
  cookie: 'sticky cookie',
};

/**
 * A canary that gets none of its share of the traffic under the present split, or far more than it. It holds, and blames
 * nobody.
 */
export const splitShareCheck: Check<SplitState> = {
  names: { listed: ['split'] },
  terms: (_, name) => (name === 'split' ? { label: 'share of the traffic', dryRun: false, against: 'stable' } : null),
  open: () => UNWATCHED,
  observe: observeSplit,
  findings: (_, state, { thresholds }) => (isOverfull(state, thresholds.hold) ? [findingOf(state)] : []),
  holds(_, state, { findings, logHold }): readonly Hold[] {
    const { canary, stable } = state.sent;
    if (logSplitLack(state) >= logHold) {
      const figures = `${formatCount(canary)} of ${formatCount(canary + stable)} requests at this weight`;
      const reason = `canary gets no traffic: ${figures}, too few for its weight${causeOf(state)}`;
      return [{ kind: 'starved', check: null, reason }];
    }
    const finding = findings.find(({ check }) => check === 'split');
    if (finding === undefined) return [];
    const kind = canary >= stable ? 'overfull' : 'starved';
    const hold: Hold = { kind, check: 'split', reason: finding.says };
    return [isCertain(state) ? { ...hold, urgency: 'at-once' } : hold];
  },
};

function observeSplit(state: SplitState, { block, of, split, bet }: Sight): SplitState {
  const before = split === 'same-split' ? state : UNWATCHED;
  if (of !== 'both' || block.canary === null || block.stable === null) return before;
  // A request that is still open is not among those that were counted.
  const sent = block.drawn ?? { canary: sentRequests(block.canary), stable: sentRequests(block.stable) };
  const squares = block.keys?.squares ?? (block.drawn && block.assignment !== 'by-key' ? 0 : UNKNOWN_SQUARES);
  return {
    ...stepSplitShare(before, sent, { weight: block.canaryBps / WHOLE_BPS, squares }, bet.cap),
    weightBps: block.canaryBps,
    sent: { canary: before.sent.canary + sent.canary, stable: before.sent.stable + sent.stable },
    heavy: heavyOf(block),
    isSticky: block.assignment === 'by-key' || block.keys !== undefined,
  };
}

function heavyOf({ keys }: Block): SplitState['heavy'] {
  if (!keys?.heaviest || keys.requests < ENOUGH_OF_KEYS) return null;
  const { kind, name, requests } = keys.heaviest;
  const part = requests / keys.requests;
  return part >= HEAVY_PART ? { kind, name, part } : null;
}

function isOverfull(state: SplitState, logHold: number): boolean {
  return state.heavy !== null || logSplitExcess(state) >= logHold;
}

// A heavy key that took the canary far beyond its weight is no matter of chance.
function isCertain(state: SplitState): boolean {
  const { heavy, sent, weightBps } = state;
  const most = Math.max(HEAVY_PART, (2 * weightBps) / WHOLE_BPS) * (sent.canary + sent.stable);
  return logSplitExcess(state) >= LOG_CERTAIN || (heavy !== null && sent.canary > most);
}

function findingOf(state: SplitState): Finding {
  const { sent, weightBps, isSticky, heavy } = state;
  const requests = sent.canary + sent.stable;
  const share = requests === 0 ? 0 : sent.canary / requests;
  const figures = `${formatCount(sent.canary)} of ${formatCount(requests)}`;
  const given = `canary gets ${formatShare(share)} of the requests at a weight of ${formatWeight(weightBps)} (${figures})`;
  const why = isSticky
    ? ': a few sticky keys are most of the traffic'
    : ': what divides the traffic does not keep to it';
  return {
    check: 'split',
    canary: share,
    stable: null,
    unit: 'share',
    quantile: null,
    bounds: { canary: rateInterval(sent.canary, requests), stable: null },
    requests: { canary: sent.canary, stable: sent.stable },
    logHarm: logSplitExcess(state),
    budgetWeight: 0,
    dispersion: 1,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: 'more than chance explains, which holds',
    parityMargin: null,
    needsCanaryRequests: null,
    needsAt: [],
    says: heavy === null ? `${given}${why}` : `${given}${causeOf(state)}`,
  };
}

function causeOf({ heavy }: SplitState): string {
  if (heavy === null) return '';
  const name = heavy.name === null ? '' : `, ${heavy.name},`;
  const way =
    heavy.kind === 'client-address'
      ? 'behind a balancer set trustedProxies, or use sticky: request'
      : 'use sticky: request, or another key';
  return `: one ${KIND_WORDS[heavy.kind]}${name} sends ${formatShare(heavy.part)} of them and goes to one version; ${way}`;
}
