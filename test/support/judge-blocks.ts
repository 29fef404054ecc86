import { type Look, type LookInput, look, type StepContext } from '../../src/judge/judge.ts';
import type { JudgeState } from '../../src/judge/state.ts';
import type { Policy } from '../../src/policy/schema.ts';
import type { Block, Tally } from '../../src/stats/block.ts';
import { bucketOf } from '../../src/stats/latency/log-histogram.ts';
import { NO_TALLY } from './simulated-traffic.ts';

/** A tally without chance: latencies at the even quantiles of a log-logistic distribution around `medianMs`. */
export function tallyOf(
  requests: number,
  { errors = 0, clientErrors = 0, medianMs = 20 }: { errors?: number; clientErrors?: number; medianMs?: number } = {},
): Tally {
  const latency: Record<number, number> = {};
  const answers = requests - errors;
  for (let answer = 0; answer < answers; answer += 1) {
    const level = (answer + 0.5) / answers;
    const bucket = bucketOf(medianMs * (level / (1 - level)) ** 0.3);
    latency[bucket] = (latency[bucket] ?? 0) + 1;
  }
  return { requests, errors, clientErrors, latency };
}

/** A healthy block of a second at 10 % of 1,000 requests, with parts replaced. */
export function blockOf(parts: Partial<Block> = {}): Block {
  return {
    startedAt: 0,
    durationMs: 1_000,
    splitEpoch: 1,
    canaryBps: 1_000,
    stable: tallyOf(900, { errors: 2, clientErrors: 9 }),
    canary: tallyOf(100, { clientErrors: 1 }),
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
    ...parts,
  };
}

export function weightStep(parts: Partial<StepContext> = {}): StepContext {
  return { kind: 'weight', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0, ...parts };
}

export function inputOf(blocks: LookInput['blocks'], parts: Partial<LookInput> = {}): LookInput {
  const last = blocks?.at(-1);
  const at = last ? last.startedAt + last.durationMs : 0;
  return { at, blocks, unusable: null, step: weightStep(), skippedChecks: [], ...parts };
}

/** One look a block: `count` blocks of a second from `from` on, each made from its start. */
export function lookRepeatedly(
  policy: Policy,
  before: JudgeState,
  span: { readonly from: number; readonly count: number },
  make: (startedAt: number) => Block,
  parts: Partial<LookInput> = {},
): Look {
  let result: Look | null = null;
  for (let block = 0; block < span.count; block += 1) {
    const input = inputOf([make(span.from + block * 1_000)], parts);
    result = look(policy, result?.state ?? before, input);
  }
  if (result === null) throw new Error('at least one block is needed');
  return result;
}
