import { look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import { bucketMs } from '../../../src/stats/latency/log-histogram.ts';
import { seededRandom } from '../../support/random.ts';
import { policyOf } from './experiment.ts';
import { shapeOf } from './shape.ts';
import { openStream, type Scenario } from './traffic.ts';

const WARM_UP = 500;
const LOOKS = 1_000;
const WIDTH = 600;
/** Blocks are used again and again, lest the collector of garbage be measured. */
const BLOCKS = 50;

/** Microseconds of processor a look, errors and latency over about 600 buckets (J17): no part of the JSON. */
export function costOfLook(): number {
  // Log-uniform, so that every bucket is in use.
  const wide = shapeOf((ms) => Math.max(0, 1 - Math.log(ms / 1.5) / Math.log(bucketMs(WIDTH))));
  const scenario: Scenario = {
    blockMs: 5_000,
    requestsPerSecond: 4_000,
    weight: 0.5,
    errors: () => [1e-3, 1e-3],
    latency: { canary: () => wide, stable: wide, drift: 'none' },
    traffic: 'even',
  };
  const { blockMs, weight } = scenario;
  const policy = policyOf(blockMs);
  const stream = openStream(seededRandom(17), scenario);
  const blocks = Array.from({ length: BLOCKS }, () => stream.next(0, weight, 1));
  const step: StepContext = { kind: 'weight', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
  let state = openJudgement(policy);
  let from = process.cpuUsage();
  for (let at = 0; at < WARM_UP + LOOKS; at += 1) {
    if (at === WARM_UP) from = process.cpuUsage();
    const startedAt = at * blockMs;
    const fresh = blocks.slice(at % BLOCKS, (at % BLOCKS) + 1).map((block) => ({ ...block, startedAt }));
    const input = { at: startedAt + blockMs, blocks: fresh, unusable: null, step, skippedChecks: [] };
    state = look(policy, state, input).state;
  }
  const { user, system } = process.cpuUsage(from);
  return (user + system) / LOOKS;
}
