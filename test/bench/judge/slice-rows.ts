import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Verdict } from '../../../src/judge/verdict.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import type { Block } from '../../../src/stats/block.ts';
import { onlyCanaryAddress } from '../../../src/stats/slices/addresses.ts';
import { type MixedOutcome, type MixedTraffic, mixedBlocks, unevenParts } from '../../support/mixed-traffic.ts';
import { normal, type Random } from '../../support/random.ts';
import { type Bench, type Cell, percent, policyOf, type Row, randomOf, streams } from './experiment.ts';

const BLOCK_MS = 5_000;
const BLOCKS_IN_HOUR = 720;
const WELL: MixedOutcome = { errors: 0.001, clientErrors: 0.01, medianMs: 40 };
/** As if the canary had warmed up: what the warm-up adds is another row's. */
const WARM = policyOf(BLOCK_MS, { warmUp: '0s' });
const STEP: StepContext = { kind: 'weight', index: 1, position: 'first', splitEpoch: 1, appliedAt: 0 };

interface Ending {
  /** Seconds until the canary was first held or rolled back, and until it was rolled back; null where it was not. */
  readonly heldS: number | null;
  readonly rolledBackS: number | null;
  readonly state: JudgeState;
  readonly verdict: Verdict;
}

/** 100 requests/s, a tenth of them on the canary; 60 endpoints and 60 consumers whose parts fall as 1/k, one as given. */
function mixOf(parts: Partial<MixedTraffic>, endpoint: number, consumer: number): MixedTraffic {
  return {
    requestsPerSecond: 100,
    canaryBps: 1_000,
    endpoints: unevenParts('/', 59, { name: '/pay', part: endpoint }),
    consumers: unevenParts('c', 59, { name: 'acme', part: consumer }),
    outcome: () => WELL,
    ...parts,
  };
}

function follow(policy: Policy, next: () => Block, blocks: number, isSeen?: (state: JudgeState) => void): Ending {
  let state = openJudgement(policy);
  let heldS: number | null = null;
  let verdict: Verdict | null = null;
  for (let at = 1; at <= blocks; at += 1) {
    const input = { at: at * BLOCK_MS, blocks: [next()], unusable: null, step: STEP, skippedChecks: [] };
    ({ state, verdict } = look(policy, state, input));
    isSeen?.(state);
    const seconds = (at * BLOCK_MS) / 1_000;
    if (heldS === null && (verdict.name === 'harmful' || verdict.name === 'suspect' || verdict.hold !== undefined)) {
      heldS = seconds;
    }
    if (verdict.name === 'harmful') return { heldS, rolledBackS: seconds, state, verdict };
  }
  if (verdict === null) throw new Error('there was no look');
  return { heldS, rolledBackS: null, state, verdict };
}

interface Harm {
  readonly setting: string;
  readonly endpoint: number;
  readonly consumer: number;
  readonly outcome: MixedTraffic['outcome'];
  readonly blocks: number;
  /** Minutes until half of the streams are held, and rolled back. */
  readonly heldMin: number;
  readonly rolledBackMin: number;
  readonly sizes: Readonly<Record<Bench['size'], number>>;
  readonly names: string;
}

const failing: MixedTraffic['outcome'] = (track, endpoint) =>
  track === 'canary' && endpoint === '/pay' ? { ...WELL, errors: 1 } : WELL;

const HARMS: readonly Harm[] = [
  {
    setting: 'one consumer of 5 % is refused (401)',
    endpoint: 0.01,
    consumer: 0.05,
    outcome: (track, _, consumer) => (track === 'canary' && consumer === 'acme' ? { ...WELL, clientErrors: 1 } : WELL),
    blocks: 120,
    heldMin: 2,
    rolledBackMin: 3,
    sizes: { tiny: 1, quick: 20, full: 200 },
    names: '4xx answers for consumer acme',
  },
  {
    setting: 'an endpoint of 0.5 % fails always',
    endpoint: 0.005,
    consumer: 0.05,
    outcome: failing,
    blocks: 240,
    heldMin: 3,
    rolledBackMin: 4,
    sizes: { tiny: 0, quick: 20, full: 200 },
    names: 'errors at GET /pay',
  },
  {
    setting: 'an endpoint of 0.3 % fails always',
    endpoint: 0.003,
    consumer: 0.05,
    outcome: failing,
    blocks: 360,
    heldMin: 4,
    rolledBackMin: 5,
    sizes: { tiny: 0, quick: 20, full: 200 },
    names: 'errors at GET /pay',
  },
  {
    setting: 'an endpoint of 0.05 % fails always',
    endpoint: 0.0005,
    consumer: 0.05,
    outcome: failing,
    blocks: 1_440,
    heldMin: 24,
    rolledBackMin: 34,
    sizes: { tiny: 0, quick: 8, full: 60 },
    names: 'errors at GET /pay',
  },
  {
    setting: 'an endpoint of 1 % takes 5 x as long',
    endpoint: 0.01,
    consumer: 0.05,
    outcome: (track, endpoint) => (endpoint === '/pay' ? { ...WELL, medianMs: track === 'canary' ? 20 : 4 } : WELL),
    blocks: 240,
    heldMin: 4,
    rolledBackMin: 6,
    sizes: { tiny: 0, quick: 20, full: 200 },
    names: 'slow answers at GET /pay',
  },
];

/** Harm in a small part of the traffic: how long it takes to hold and to roll back, and whether the place is named. */
export function harmInTheMix(bench: Bench): Row {
  const measured = HARMS.flatMap((harm, cell) => {
    const count = harm.sizes[bench.size];
    if (count === 0) return [];
    const endings = Array.from({ length: count }, (_, i) =>
      follow(
        WARM,
        mixedBlocks(randomOf(bench, 45, cell, i), mixOf({ outcome: harm.outcome }, harm.endpoint, harm.consumer)),
        harm.blocks,
      ),
    );
    const held = median(endings.map(({ heldS }) => heldS));
    const rolledBack = median(endings.map(({ rolledBackS }) => rolledBackS));
    const named = endings.filter(({ verdict }) => verdict.reason.includes(harm.names)).length / count;
    return [{ harm, count, held, rolledBack, named }];
  });
  const cells: readonly Cell[] = measured.map(({ harm, count, held, rolledBack, named }) => ({
    setting: harm.setting,
    streams: count,
    figure: rolledBack / 60,
    note: `held after ${minutes(held)} (target ${harm.heldMin}), rolled back after ${minutes(rolledBack)} (target ${harm.rolledBackMin}), named in ${percent(named)}`,
  }));
  const missed = measured.filter(
    ({ harm, held, rolledBack, named }) =>
      held > harm.heldMin * 60 || rolledBack > harm.rolledBackMin * 60 || named < 0.8,
  );
  return {
    id: 'J45',
    scenario: 'harm in a small part of the traffic, 121 slices, 100/s at 10 %',
    measures: 'median minutes until it is rolled back',
    target: 'held and rolled back within the minutes of each setting; place and kind named in >= 80 %',
    measured: missed.length === 0 ? 'all within' : `missed: ${missed.map(({ harm }) => harm.setting).join(', ')}`,
    passed: missed.length === 0,
    cells,
  };
}

/** No harm in any slice, and every slice exactly on its margin. */
export function mixWithoutHarm(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 7, full: 200 });
  const blocks = bench.size === 'tiny' ? 30 : BLOCKS_IN_HOUR;
  // On the margins of slices, and therefore beyond those of the whole: only the check of slices is watched.
  const onMargin = { errors: 1.5 * WELL.errors + 0.01, clientErrors: 2 * WELL.clientErrors + 0.1, medianMs: 40 };
  const most = Math.floor(0.05 * count);
  const settings = [
    { setting: 'equal versions', outcome: () => WELL },
    { setting: 'every slice on its margin', outcome: (track: string) => (track === 'canary' ? onMargin : WELL) },
  ];
  const cells: readonly (Cell & { readonly isMet: boolean })[] = settings.map(({ setting, outcome }, cell) => {
    const endings = Array.from({ length: count }, (_, i) => {
      let highest = 0;
      const watched = (state: JudgeState) => {
        highest = Math.max(highest, sliceEvidence(state));
      };
      const policy = cell === 0 ? WARM : ONLY_SLICES;
      const next = mixedBlocks(randomOf(bench, 46, cell, i), mixOf({ outcome }, 0.01, 0.05));
      const { verdict, heldS } = follow(policy, next, blocks, watched);
      return { highest, verdict, held: heldS !== null };
    });
    const reached = endings.filter(({ highest }) => highest >= Math.log(20)).length;
    const rolledBack = endings.filter(({ verdict }) => verdict.name === 'harmful').length;
    const held = endings.filter(({ verdict }) => verdict.hold?.check === 'slices').length;
    return {
      setting: `${setting}, ${(blocks * BLOCK_MS) / 60_000} min`,
      streams: count,
      figure: rolledBack / count,
      note: `E >= 20 in ${reached}, held by a slice in ${held}, rolled back ${rolledBack}`,
      isMet: rolledBack === 0 && reached <= most && held <= most,
    };
  });
  return shareRow(
    {
      id: 'J46',
      scenario: 'no slice is worse than its margin, 121 slices, 100/s at 10 %',
      target: '0; E >= 20, or held by a slice, in <= 5 %',
    },
    'none',
    cells,
  );
}

interface Machines {
  readonly setting: string;
  /** Standard deviation of ln(latency) between addresses of the stable. */
  readonly sd: number;
  readonly canary: number;
  readonly most: number | null;
}

const MACHINES: readonly Machines[] = [
  { setting: 'the canary’s 5 % slower, the stable’s alike', sd: 0, canary: 1.05, most: 0.01 },
  { setting: 'the canary’s 10 % slower, the stable’s alike', sd: 0, canary: 1.1, most: null },
  { setting: 'the canary’s 25 % slower, the stable’s alike', sd: 0, canary: 1.25, most: null },
  { setting: 'all from one law of sd 5 %', sd: 0.05, canary: 1, most: 0.01 },
];

/** One address of the canary beside ten of the stable, slower all the time: nothing tells it from a slower version. */
export function slowMachine(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 6, full: 100 });
  const blocks = bench.size === 'tiny' ? 20 : BLOCKS_IN_HOUR;
  const cells = MACHINES.map(({ setting, sd, canary, most }, cell) => {
    const endings = Array.from({ length: count }, (_, i) => {
      const random = randomOf(bench, 47, cell, i);
      const { traffic, only } = machines(random, sd, canary);
      return { ...follow(WARM, mixedBlocks(random, traffic), blocks), only };
    });
    const bad = endings.filter(({ verdict }) => verdict.name === 'harmful');
    const unnamed = bad.filter(({ state, only }) => onlyCanaryAddress(state.checks.slices.addresses) !== only);
    return {
      setting,
      streams: count,
      figure: bad.length / count,
      note: `rolled back ${bad.length}, the address unknown in ${unnamed.length}, median ${minutes(median(bad.map(({ rolledBackS }) => rolledBackS)))}`,
      isMet: (most === null || bad.length <= Math.floor(most * count)) && unnamed.length === 0,
    };
  });
  return shareRow(
    {
      id: 'J47',
      scenario: 'one address of the canary beside ten of the stable, constantly slower, 100/s at 10 %, 1 h',
      target: '<= 1 % at 5 % and where the stable’s are as far apart; above, the address is known to the sentence',
    },
    'as wanted',
    cells,
  );
}

/** A row of shares rolled back, each with a target of its own. */
function shareRow(
  row: Pick<Row, 'id' | 'scenario' | 'target'>,
  whenMet: string,
  cells: readonly (Cell & { readonly isMet: boolean })[],
): Row {
  const isMet = cells.every((cell) => cell.isMet);
  return {
    ...row,
    measures: 'share rolled back',
    measured: isMet ? whenMet : 'see the settings',
    passed: isMet,
    cells: cells.map(({ isMet: _isMet, ...cell }) => cell),
  };
}

function machines(random: Random, sd: number, canary: number) {
  const stable = Array.from({ length: 10 }, (_, index) => `10.0.0.${index}`);
  const only = '10.0.1.1';
  const factors = new Map(stable.map((address) => [address, Math.exp(sd * normal(random))]));
  factors.set(only, canary * Math.exp(sd * normal(random)));
  const outcome: MixedTraffic['outcome'] = (_, __, ___, address) => ({
    ...WELL,
    medianMs: 40 * (factors.get(address) ?? 1),
  });
  return { traffic: mixOf({ addresses: { stable, canary: [only] }, outcome }, 0.01, 0.05), only };
}

const ONLY_SLICES = policyOf(BLOCK_MS, {
  warmUp: '0s',
  hold: 1e300,
  weights: { errors: 0, dominance: 0, p50: 0, p95: 0, p99: 0, slices: 1, guards: 0 },
});

/** ln of the evidence that the check of single slices stakes. */
function sliceEvidence(state: JudgeState): number {
  return state.harm.level;
}

function median(values: readonly (number | null)[]): number {
  const known = values.map((value) => value ?? Number.POSITIVE_INFINITY).toSorted((left, right) => left - right);
  return known[Math.floor(known.length / 2)] ?? Number.POSITIVE_INFINITY;
}

function minutes(seconds: number): string {
  return Number.isFinite(seconds) ? `${Number((seconds / 60).toPrecision(2))} min` : 'never';
}
