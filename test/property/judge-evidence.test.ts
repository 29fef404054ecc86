import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LookInput, look, openJudgement } from '../../src/judge/judge.ts';
import type { Block, Tally } from '../../src/stats/block.ts';
import { blockOf, inputOf, tallyOf, weightStep } from '../support/judge-blocks.ts';
import { briskPolicy } from '../support/judge-policy.ts';
import { pointAt, queryPolicy } from '../support/query-policy.ts';

const policy = briskPolicy();
const REQUIRED = ['errors', 'clientErrors', 'p50', 'p95', 'p99'];
const NAMES = ['harmful', 'suspect', 'blind', 'undecided', 'at-parity'];

const CPU = { query: 'q', worse: 'higher', interval: '1s', comparable: true } as const;
const json = fc.jsonValue({ maxDepth: 4 });
const keyed = (key: string) => fc.tuple(fc.constant(key), json);
/** A good block with one part, or one part of one tally, replaced by anything. */
const damaged = fc.oneof(
  fc
    .constantFrom('startedAt', 'durationMs', 'splitEpoch', 'canaryBps', 'stable', 'canary', 'forced', 'ruled')
    .chain(keyed)
    .map(([key, value]) => ({ ...blockOf(), [key]: value })),
  fc
    .constantFrom('requests', 'errors', 'clientErrors', 'latency')
    .chain(keyed)
    .map(([key, value]) => ({ ...blockOf(), canary: { ...tallyOf(100), [key]: value } })),
  json,
);

const tally: fc.Arbitrary<Tally> = fc
  .record({
    requests: fc.nat({ max: 3_000 }),
    errors: fc.nat({ max: 100 }),
    clientErrors: fc.nat({ max: 100 }),
    slow: fc.nat({ max: 3 }),
  })
  .map(({ requests, errors, clientErrors, slow }) => {
    const failed = Math.min(requests, errors);
    return tallyOf(requests, {
      errors: failed,
      clientErrors: Math.min(requests - failed, clientErrors),
      medianMs: 20 * (1 + slow),
    });
  });
const block: fc.Arbitrary<Block> = fc
  .record({
    stable: tally,
    canary: tally,
    canaryBps: fc.constantFrom(0, 100, 5_000, 10_000),
    splitEpoch: fc.nat({ max: 2 }),
  })
  .map((parts) => blockOf(parts));

describe('the judge', () => {
  it('never throws and never promotes on arbitrary JSON', () => {
    fc.assert(
      fc.property(fc.array(damaged, { maxLength: 8 }), (blocks) => {
        const { verdict, state } = look(policy, openJudgement(policy), damagedInput(blocks));
        expect(NAMES).toContain(verdict.name);
        expect(verdict.name).not.toBe('at-parity');
        expect(verdict.reason).not.toBe('');
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      { seed: 20_260_102, numRuns: 500 },
    );
  });

  it('never throws and never promotes on arbitrary values of queries, nor after them until good ones come', () => {
    const queried = queryPolicy({}, { queries: { cpu: CPU, queue: { ...CPU, comparable: false, worse: 'both' } } });
    let before = openJudgement(queried);
    for (let second = 0; second < 90; second += 1) {
      const values = pointAt(second * 1_000);
      const series = { cpu: values, queue: values };
      before = look(queried, before, inputOf([blockOf({ startedAt: second * 1_000, series })])).state;
    }
    const good = look(queried, before, inputOf([], { at: 90_000 }));
    expect(good.verdict.name).toBe('at-parity');
    const point = fc.oneof(
      json,
      fc.record({ stable: json, canary: fc.oneof(json, fc.double()) }),
      fc.constant({ stable: Number.NaN, canary: 1 }),
    );
    fc.assert(
      fc.property(fc.oneof(json, fc.record({ cpu: point, queue: point })), (series) => {
        const blocks = [{ ...blockOf({ startedAt: 90_000 }), series }];
        const { verdict, state } = look(queried, before, damagedInput(blocks, 91_000));
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        expect(verdict.name).not.toBe('harmful');
        if (isUsable(series)) return;
        expect(verdict.name).toBe('blind');
      }),
      { seed: 20_260_107, numRuns: 1_000 },
    );
  });

  it('never promotes on a source that is no list of blocks', () => {
    fc.assert(
      fc.property(json, (source) => {
        const input = { ...inputOf(null), blocks: source as LookInput['blocks'] };
        expect(['blind', 'undecided']).toContain(look(policy, openJudgement(policy), input).verdict.name);
      }),
      { seed: 20_260_103, numRuns: 300 },
    );
  });

  it('promotes only with evidence of this step from every required check', () => {
    let promotions = 0;
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), fc.nat({ max: 40 }), (blocks, repeats) => {
        let state = openJudgement(policy);
        for (let round = 0; round <= repeats; round += 1) {
          const { verdict, state: next } = look(policy, state, inputOf(blocks, { at: 10_000 }));
          state = next;
          if (verdict.name !== 'at-parity') continue;
          promotions += 1;
          const claims = verdict.findings.filter(({ parityMargin }) => parityMargin !== null);
          expect(claims.map(({ check }) => check)).toEqual(REQUIRED);
          for (const { logParity, logParityThreshold } of claims) {
            expect(logParity).toBeGreaterThanOrEqual(logParityThreshold ?? Number.POSITIVE_INFINITY);
          }
          expect(blocks.some(({ splitEpoch, canaryBps }) => splitEpoch === 1 && canaryBps % 10_000 > 0)).toBe(true);
        }
      }),
      { seed: 20_260_104, numRuns: 150 },
    );
    expect(promotions).toBeGreaterThan(0);
  });

  it('decides the same whether blocks come one by one or queued, and after JSON', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 10 }), (blocks) => {
        const at = 20_000;
        const queued = look(policy, openJudgement(policy), inputOf(blocks, { at }));
        let state = openJudgement(policy);
        for (const one of blocks) state = JSON.parse(JSON.stringify(look(policy, state, inputOf([one], { at })).state));
        const last = look(policy, state, inputOf([], { at }));
        expect(JSON.stringify(last.verdict)).toBe(JSON.stringify(queued.verdict));
      }),
      { seed: 20_260_105, numRuns: 100 },
    );
  });

  it('gives no parity outside a weight step, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 10 }),
        fc.constantFrom('internal' as const, 'consumers' as const, 'bake' as const),
        (blocks, kind) => {
          const { verdict } = look(policy, openJudgement(policy), inputOf(blocks, { step: weightStep({ kind }) }));
          expect(verdict.name).not.toBe('at-parity');
        },
      ),
      { seed: 20_260_106, numRuns: 100 },
    );
  });
});

/** Whether both checks have a finite value of both versions, or the block has none that is asked for. */
function isUsable(series: unknown): boolean {
  if (typeof series !== 'object' || series === null || Array.isArray(series)) return false;
  const points: Readonly<Record<string, unknown>> = { ...series };
  return ['cpu', 'queue'].every((name) => {
    if (points[name] === undefined) return true;
    const { stable, canary }: { stable?: unknown; canary?: unknown } = Object(points[name]);
    const values = [stable, canary].flatMap((value) => (Array.isArray(value) && value.length > 0 ? value : [value]));
    return values.every((value) => typeof value === 'number' && Math.abs(value) <= 1e100);
  });
}

function damagedInput(blocks: readonly unknown[], at = 10_000): LookInput {
  return { ...inputOf([]), at, blocks: blocks as readonly Block[] };
}
