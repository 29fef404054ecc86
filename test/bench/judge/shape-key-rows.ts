import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { PlaceShape } from '../../../src/stats/answers/shape-counts.ts';
import type { Block } from '../../../src/stats/block.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import type { Random } from '../../support/random.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, type Row, randomOf, streams } from './experiment.ts';

const BLOCK_MS = 30_000;
const BLOCKS_AN_HOUR = 120;
const PLACE = 'GET /me 2xx';
/** Shares of the users that have each of these fields, always or never. */
const FLAGS = [0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.9, 0.7, 0.95, 0.4, 0.6, 0.15, 0.03, 0.85, 0.25] as const;

interface User {
  readonly track: 'stable' | 'canary';
  readonly has: readonly boolean[];
  /** The block of the hour in which the answer of this hour counts. */
  at: number;
}

/** J59: sticky keys, whose users have features of their own, and answer once an hour each. */
export function shapesOfUsers(bench: Bench): Row {
  const each = streams(bench, { tiny: 1, quick: 10, full: 100 });
  const hours = bench.size === 'tiny' ? 1 : 6;
  const cells = [100, 600, 2_000].map((keys, cell): Cell => {
    const held = Array.from({ length: each }, (_, i) => isHeld(randomOf(bench, 59, cell, i), keys, hours));
    const figure = held.filter(Boolean).length / each;
    return { setting: `${keys} keys at 10 %, ${hours} h`, streams: each, figure, note: 'held or rolled back' };
  });
  return {
    id: 'J59',
    scenario: 'shapes of identical versions, sticky keys whose users have fields of their own',
    measures: 'share held or rolled back',
    target: '0',
    measured: cells.map(({ figure }) => figure).join(', '),
    passed: cells.every(({ figure }) => figure === 0),
    cells,
  };
}

function isHeld(random: Random, keys: number, hours: number): boolean {
  const policy = judgePolicy({
    checks: { responseShape: { breaking: 'rollback', compatible: 'hold' } },
    judge: { block: '30s', warmUp: '0s' },
  });
  const users = Array.from(
    { length: keys },
    (): User => ({
      track: random() < 0.1 ? 'canary' : 'stable',
      has: FLAGS.map((share) => random() < share),
      at: 0,
    }),
  );
  const step: StepContext = { kind: 'weight', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
  let state: JudgeState = openJudgement(policy);
  for (let at = 0; at < hours * BLOCKS_AN_HOUR; at += 1) {
    const inHour = at % BLOCKS_AN_HOUR;
    if (inHour === 0) for (const user of users) user.at = Math.floor(random() * BLOCKS_AN_HOUR);
    const now = users.filter((user) => user.at === inHour);
    const block = blockAt(at, now);
    const end = block.startedAt + BLOCK_MS;
    const seen = look(policy, state, { at: end, blocks: [block], unusable: null, step, skippedChecks: [] });
    state = seen.state;
    const { name, hold } = seen.verdict;
    if (name === 'harmful' || name === 'suspect' || hold?.check === 'responseShape') return true;
  }
  return false;
}

function blockAt(at: number, users: readonly User[]): Block {
  const of = (track: User['track']) => {
    const ours = users.filter((user) => user.track === track);
    const tally = { ...NO_TALLY, requests: ours.length };
    return ours.length === 0 ? tally : { ...tally, shapes: { [PLACE]: shapeOf(ours) } };
  };
  return {
    startedAt: at * BLOCK_MS,
    durationMs: BLOCK_MS,
    splitEpoch: 1,
    canaryBps: 1_000,
    assignment: 'by-key',
    stable: of('stable'),
    canary: of('canary'),
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
  };
}

function shapeOf(users: readonly User[]): PlaceShape {
  const facts: Record<string, number> = { 'present ': users.length, 'object ': users.length };
  for (const index of FLAGS.keys()) {
    const count = users.filter(({ has }) => has[index]).length;
    if (count > 0) facts[`present /field${index}`] = count;
  }
  return { answers: users.length, facts };
}
