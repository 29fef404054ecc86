import { median } from 'simple-statistics';
import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Verdict } from '../../../src/judge/verdict.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import type { Block, KeyReading, Tally } from '../../../src/stats/block.ts';
import { LOG_SURPRISED, surpriseOf } from '../../../src/stats/rates/surprise.ts';
import type { Random } from '../../support/random.ts';
import { binomialCount, poissonCount } from '../../support/random-counts.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, percent, policyOf, type Row, randomOf, streams } from './experiment.ts';

const BLOCK_MS = 5_000;
const HISTORY = 120;
const HOUR = 720;

/** Shares of the requests of [stable, canary] that end so. */
type Shares = readonly [stable: number, canary: number];

/** How the two versions of a stream answer; `at` counts blocks since the canary began. */
export interface Contract {
  readonly perSecond: number;
  readonly weight: number;
  readonly refused: (at: number) => Shares;
  readonly left: (at: number) => Shares;
  /** Of the answers that are no 4xx, those with this status, 2xx ones without content; none when omitted. */
  readonly answered?: (at: number) => { readonly status: number; readonly shares: Shares };
}

interface Finish {
  readonly name: Verdict['name'] | 'time-out';
  readonly blocks: number;
  readonly worst: string | null;
  readonly wasHeld: boolean;
}

const alike = (share: number) => (): Shares => [share, share];
const none = alike(0);

/** J29: 4xx answers of one version, and of both. */
export function refusals(bench: Bench): Row {
  const settings: readonly (readonly [string, Contract, limit: number | null])[] = [
    ['404 to all, 100/s at 10 %', { perSecond: 100, weight: 0.1, refused: () => [0.01, 1], left: none }, 3],
    ['404 to all, 100/s at 1 %', { perSecond: 100, weight: 0.01, refused: () => [0.01, 1], left: none }, 4],
    ['404 to all, 1/s at 10 %', { perSecond: 1, weight: 0.1, refused: () => [0.01, 1], left: none }, 40],
    ['401 to 30 %, 100/s at 10 %', { perSecond: 100, weight: 0.1, refused: () => [0.01, 0.3], left: none }, 6],
    ['404 to all where the stable has 45 %', { perSecond: 100, weight: 0.1, refused: () => [0.45, 1], left: none }, 4],
    ['nothing, 1 %', { perSecond: 100, weight: 0.1, refused: alike(0.01), left: none }, null],
    ['nothing, 1 to 29 % over an hour', { perSecond: 100, weight: 0.1, refused: swing, left: none }, null],
    ['on the boundary: 5 % and 20 %', { perSecond: 100, weight: 0.1, refused: () => [0.05, 0.2], left: none }, null],
    ['a client that hammers 404s in bursts', { perSecond: 100, weight: 0.1, refused: bursts, left: none }, null],
  ];
  return contractRow(bench, 29, 'J29', '4xx answers of one version, and of both', 'clientErrors', settings);
}

/** J30: clients that leave before their answer, of one version and of both. */
export function leavers(bench: Bench): Row {
  const hangs = (perSecond: number): Contract => ({ perSecond, weight: 0.1, refused: none, left: () => [0.002, 1] });
  const both = (share: number): Contract => ({ perSecond: 40, weight: 0.1, refused: none, left: alike(share) });
  const settings: readonly (readonly [string, Contract, limit: number | null])[] = [
    ['the canary hangs and all leave, 40/s', hangs(40), 4],
    ['the canary hangs and all leave, 1/s', hangs(1), 60],
    ['5 % leave both', both(0.05), null],
    ['30 % leave both', both(0.3), null],
  ];
  return contractRow(bench, 30, 'J30', 'clients that leave before their answer', 'unanswered', settings);
}

/** J31: the share of the traffic that the canary gets, in blocks until it is held and until a page is due. */
export function shares(bench: Bench): Row {
  const count = streams(bench, { tiny: 2, quick: 30, full: 400 });
  const blocks = bench.size === 'tiny' ? 30 : HOUR;
  const settings: readonly (readonly [string, (random: Random) => (n: number) => SplitOf, number | null])[] = [
    ['all to the canary at 10 %, per request', () => (n) => ({ canary: n }), 1],
    ['all of one address on the canary', () => (n) => ({ canary: n, keys: oneKey(n) }), 1],
    ['per request at 10 %', (random) => (n) => ({ canary: binomialCount(random, n, 0.1) }), null],
    ['200 keys alike, sticky, at 10 %', (random) => keysOf(random, 200), null],
    ['20 keys alike, sticky, at 10 %', (random) => keysOf(random, 20), null],
  ];
  const cells = settings.map(([setting, make, limit], cell): Cell => {
    const held = Array.from({ length: count }, (_, i) => {
      const random = randomOf(bench, 31, cell, i);
      return firstHold(random, make(random), limit === null ? blocks : 10);
    });
    const found = held.filter((at) => at !== null);
    return {
      setting,
      streams: count,
      figure: limit === null ? found.length / count : found.length < count ? null : Math.max(...found),
      note: limit === null ? 'share of the streams that were held' : 'blocks until held, at most',
    };
  });
  const passed = cells.every(({ figure }, at) => {
    const limit = settings[at]?.[2] ?? null;
    return limit === null ? (figure ?? 1) <= 0.05 : (figure ?? Number.POSITIVE_INFINITY) <= limit;
  });
  return {
    id: 'J31',
    scenario: 'a canary that gets more than its weight',
    measures: 'blocks of 5 s until held; share of streams held where chance explains it',
    target: 'all of it: held in 1 block; by chance: <= 5 %',
    measured: cells.map(({ figure }) => (figure === null ? 'not found' : Number(figure.toPrecision(3)))).join(', '),
    passed,
    cells,
  };
}

/** J32: the internal phase refuses 404 to everything, and passes a canary that answers like the stable. */
export function forcedAnswers(bench: Bench): Row {
  const count = streams(bench, { tiny: 200, quick: 20_000, full: 200_000 });
  const past = [0, 0, 990, 0, 10, 0];
  const settings: readonly (readonly [string, number, number])[] = [
    ['as the stable, 1 %, 20 requests', 0.01, 20],
    ['as unusual as is tolerated, 12 %, 20 requests', 0.12, 20],
    ['404 to half, 20 requests', 0.5, 20],
    ['404 to all, 20 requests', 1, 20],
  ];
  const cells = settings.map(([setting, share, requests], cell): Cell => {
    const random = randomOf(bench, 32, cell, 0);
    let refused = 0;
    for (let i = 0; i < count; i += 1) {
      const unusual = binomialCount(random, requests, share);
      const answers = [
        { endpoint: 'GET /', status: 404, requests: unusual, past },
        { endpoint: 'GET /', status: 200, requests: requests - unusual, past },
      ];
      if (surpriseOf(answers).logE >= LOG_SURPRISED) refused += 1;
    }
    return { setting, streams: count, figure: refused / count };
  });
  const [alikeOnes = 1, tolerated = 1, half = 0, all = 0] = cells.map(({ figure }) => figure ?? 0);
  return {
    id: 'J32',
    scenario: 'forced answers of the internal phase',
    measures: 'share of the phases that are refused',
    target: 'as the stable 0, tolerated <= 5 %, half >= 80 %, all 100 %',
    measured: cells.map(({ figure }) => percent(figure ?? 0)).join(', '),
    passed: alikeOnes <= 0.001 && tolerated <= 0.05 && half >= 0.8 && all === 1,
    cells,
  };
}

/** @param settings the most blocks that a rollback may take; null where nothing may be rolled back */
export function contractRow(
  bench: Bench,
  row: number,
  id: string,
  scenario: string,
  check: string,
  settings: readonly (readonly [string, Contract, limit: number | null])[],
): Row {
  const count = streams(bench, { tiny: 1, quick: 12, full: 300 });
  const policy = policyOf(BLOCK_MS);
  const cells = settings.map(([setting, contract, limit], cell): Cell => {
    const blocks = limit === null ? (bench.size === 'tiny' ? 20 : HOUR) : 2 * limit;
    const finishes = Array.from({ length: count }, (_, i) =>
      runContract(randomOf(bench, row, cell, i), policy, contract, blocks),
    );
    const found = finishes.filter(({ name }) => name === 'harmful');
    if (limit === null) return { setting, streams: count, figure: found.length / count, note: 'share rolled back' };
    const named = found.filter(({ worst }) => worst === check).length;
    return {
      setting,
      streams: count,
      figure: found.length < count ? null : median(found.map((finish) => finish.blocks)),
      note: `blocks; at most ${Math.max(...found.map((finish) => finish.blocks))}, ${named} by ${check}`,
    };
  });
  const passed = cells.every(({ figure }, at) => {
    const limit = settings[at]?.[2] ?? null;
    return limit === null ? figure === 0 : (figure ?? Number.POSITIVE_INFINITY) <= limit;
  });
  const limits = settings.map(([, , limit]) => limit ?? 0).join(', ');
  return {
    id,
    scenario,
    measures: 'median blocks of 5 s until rolled back; share of the streams of alike versions rolled back',
    target: `at most ${limits}`,
    measured: cells.map(({ figure }) => (figure === null ? 'not found' : Number(figure.toPrecision(3)))).join(', '),
    passed,
    cells,
  };
}

/** One stream: ten minutes of the stable alone, then both, one look a block. */
function runContract(random: Random, policy: Policy, contract: Contract, blocks: number): Finish {
  const inside: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
  const step: StepContext = { kind: 'weight', index: 0, position: 'first', splitEpoch: 2, appliedAt: 0 };
  const past = Array.from({ length: HISTORY }, (_, at) => contractBlock(random, contract, at - HISTORY, 0, 1));
  const begun = look(policy, openJudgement(policy), inputAt(0, past, inside));
  let state: JudgeState = begun.state;
  let wasHeld = false;
  for (let at = 0; at < blocks; at += 1) {
    const block = contractBlock(random, contract, at, contract.weight, 2);
    const seen = look(policy, state, inputAt((at + 1) * BLOCK_MS, [block], step));
    state = seen.state;
    wasHeld ||= seen.verdict.hold !== undefined;
    if (seen.verdict.name === 'harmful') return { name: 'harmful', blocks: at + 1, worst: seen.verdict.worst, wasHeld };
  }
  return { name: 'time-out', blocks, worst: null, wasHeld };
}

function inputAt(at: number, blocks: readonly Block[], step: StepContext) {
  return { at, blocks, unusable: null, step, skippedChecks: [] };
}

function contractBlock(random: Random, contract: Contract, at: number, weight: number, epoch: number): Block {
  const mean = (contract.perSecond * BLOCK_MS) / 1_000;
  const [stableRefused, canaryRefused] = contract.refused(Math.max(0, at));
  const [stableLeft, canaryLeft] = contract.left(Math.max(0, at));
  const drawn = { stable: poissonCount(random, mean * (1 - weight)), canary: poissonCount(random, mean * weight) };
  const {
    status,
    shares: [stableGiven, canaryGiven],
  } = contract.answered?.(Math.max(0, at)) ?? { status: 0, shares: [0, 0] };
  const given = (tally: Tally, share: number) => (status === 0 ? tally : withStatus(random, tally, status, share));
  return {
    ...emptyBlock(at, weight, epoch),
    drawn,
    stable: given(tallyOf(random, drawn.stable, stableRefused, stableLeft), stableGiven),
    canary: given(tallyOf(random, drawn.canary, canaryRefused, canaryLeft), canaryGiven),
  };
}

function withStatus(random: Random, tally: Tally, status: number, share: number): Tally {
  const count = binomialCount(random, tally.requests - tally.clientErrors, share);
  if (count === 0) return tally;
  return { ...tally, statuses: { [status]: count }, ...(status < 300 ? { empty: count } : {}) };
}

function tallyOf(random: Random, sent: number, refused: number, left: number): Tally {
  const unanswered = binomialCount(random, sent, left);
  const requests = sent - unanswered;
  const clientErrors = binomialCount(random, requests, refused);
  return { requests, errors: 0, clientErrors, latency: {}, ...(unanswered > 0 ? { unanswered } : {}) };
}

function emptyBlock(at: number, weight: number, splitEpoch: number): Block {
  return {
    startedAt: at * BLOCK_MS,
    durationMs: BLOCK_MS,
    splitEpoch,
    canaryBps: Math.round(weight * 10_000),
    assignment: 'per-request',
    stable: NO_TALLY,
    canary: NO_TALLY,
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
  };
}

interface SplitOf {
  readonly canary: number;
  readonly keys?: KeyReading;
}

/** Blocks until the first hold; null without one. */
function firstHold(random: Random, splitOf: (n: number) => SplitOf, blocks: number): number | null {
  const policy = policyOf(BLOCK_MS);
  const step: StepContext = { kind: 'weight', index: 0, position: 'first', splitEpoch: 2, appliedAt: 0 };
  let state: JudgeState = openJudgement(policy);
  for (let at = 0; at < blocks; at += 1) {
    const n = poissonCount(random, 500);
    const { canary, keys } = splitOf(n);
    const drawn = { stable: n - canary, canary };
    const tally = (requests: number): Tally => ({ ...NO_TALLY, requests });
    const block: Block = {
      ...emptyBlock(at, 0.1, 2),
      drawn,
      stable: tally(n - canary),
      canary: tally(canary),
      ...(keys === undefined ? {} : { assignment: 'by-key', keys }),
    };
    const seen = look(policy, state, inputAt((at + 1) * BLOCK_MS, [block], step));
    state = seen.state;
    if (seen.verdict.hold?.cause === 'overfull:split') return at + 1;
  }
  return null;
}

function oneKey(requests: number): KeyReading {
  return { requests, squares: 1, heaviest: { kind: 'client-address', name: '10.0.0.1', requests } };
}

/** Keys of equal weight, each on the canary with a chance of a tenth for the whole stream. */
function keysOf(random: Random, keys: number): (n: number) => SplitOf {
  const share = binomialCount(random, keys, 0.1) / keys;
  return (n) => ({
    canary: binomialCount(random, n, share),
    keys: { requests: n, squares: 1 / keys, heaviest: { kind: 'header', name: null, requests: Math.ceil(n / keys) } },
  });
}

function swing(at: number): Shares {
  const share = 0.15 + 0.14 * Math.sin((2 * Math.PI * at) / HOUR);
  return [share, share];
}

function bursts(at: number): Shares {
  const share = at % 60 < 6 ? 0.5 : 0.01;
  return [share, share];
}
