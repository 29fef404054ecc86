import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import { BEGUN_ANEW, recall } from '../../../src/judge/recall.ts';
import type { JudgeState } from '../../../src/judge/state.ts';
import { inputOf, weightStep } from '../../support/judge-blocks.ts';
import { pointAt, queryPolicy, valued } from '../../support/query-policy.ts';

/**
 * A memory after 40 blocks of a second as the version wrote it that kept the checks beside the judge's own, and the
 * verdict and threshold that it found at the next block.
 */
const { stored, next } = JSON.parse(
  readFileSync(new URL('../../support/judge-state-3.json', import.meta.url), 'utf8'),
) as { stored: JudgeState & Record<string, unknown>; next: { verdict: object; slowAfterMs: number } };

const policy = queryPolicy(
  { action: 'rollback', weight: 0.2, limit: 0.9 },
  {},
  { guards: { errors: '2%', p99: '800ms' } },
);
const answers = (requests: number, errors: number) => ({
  requests,
  errors,
  clientErrors: 1,
  latency: { 150: Math.floor(requests * 0.6), 152: Math.floor(requests * 0.3), 156: Math.floor(requests * 0.08) },
});
const block = valued(40_000, pointAt(40_000), {
  routed: { stable: 900, canary: 100 },
  stable: answers(900, 2),
  canary: answers(100, 0),
});

describe('a memory that the version before stored', () => {
  it('is carried over bit for bit', () => {
    const { format, checks, anew, ...own } = recall(policy, stored);
    expect({ ...own, ...checks, format: 3 }).toEqual(stored);
    expect([format, anew]).toEqual([4, null]);
  });

  it('goes on to the same verdict, to the last digit', () => {
    const { verdict, slowAfterMs } = look(policy, stored, inputOf([block]));
    expect(JSON.parse(JSON.stringify({ verdict, slowAfterMs }))).toEqual(next);
    expect(verdict.reason).not.toContain(BEGUN_ANEW);
  });
});

describe('a memory that cannot be read', () => {
  const { latency: _, ...cut } = stored;

  it.each<[string, unknown]>([
    ['of a version before that', { ...stored, format: 2 }],
    ['of a later version', { ...stored, format: 5 }],
    ['that lacks a part', cut],
    ['of the present format without its checks', { ...stored, format: 4 }],
    ['that is none', null],
  ])('%s begins anew, and the verdict says so until the stage ends', (_, memory) => {
    expect(recall(policy, memory)).toEqual({ ...openJudgement(policy), anew: BEGUN_ANEW });
    const first = look(policy, memory as JudgeState, inputOf([block]));
    expect(first.verdict.name).toBe('undecided');
    expect(first.verdict.reason).toMatch(new RegExp(`^.+; ${BEGUN_ANEW}$`));
    const kept = JSON.parse(JSON.stringify(first.state)) as JudgeState;
    const second = look(policy, kept, inputOf([{ ...block, startedAt: 41_000 }]));
    expect(second.verdict.reason).toContain(BEGUN_ANEW);
    const later = look(
      policy,
      second.state,
      inputOf([], { at: 42_000, step: weightStep({ index: 1, splitEpoch: 2 }) }),
    );
    expect(later.verdict.reason).not.toContain(BEGUN_ANEW);
  });

  it('knows nothing of a check that is new, which begins with the next block', () => {
    const { state } = look(policy, stored, inputOf([block]));
    const { silence: __, ...others } = state.checks;
    const before = { ...state, checks: others } as unknown as JudgeState;
    expect(recall(policy, before)).toEqual({
      ...state,
      checks: { ...state.checks, silence: openJudgement(policy).checks.silence },
    });
  });
});
