import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import { BEGUN_ANEW, recall } from '../../../src/judge/recall.ts';
import type { JudgeState } from '../../../src/judge/state.ts';
import type { Verdict } from '../../../src/judge/verdict.ts';
import { pinnedPolicy } from '../../../src/policy/pinned.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy, ROUND_WEIGHTS } from '../../support/judge-policy.ts';
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
  { guards: { errors: '2%', p99: '800ms' }, judge: { weights: ROUND_WEIGHTS } },
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
    expect(recall(policy, stored)).toMatchObject({ ...stored, format: 6 });
  });

  // The tests of latency may bet otherwise in a new version; what a block adds to a share of errors stays.
  it('goes on from there', () => {
    const { verdict } = look(policy, stored, inputOf([block]));
    const found = JSON.parse(JSON.stringify(verdict)) as Verdict;
    expect(found.name).toBe(next.verdict.name);
    for (const check of ['errors', 'query:cpu']) {
      const of = ({ findings }: Pick<Verdict, 'findings'>) => findings.find((finding) => finding.check === check);
      expect(of(found)?.logHarm).toBe(of(next.verdict)?.logHarm);
      expect(of(found)?.logParity).toBe(of(next.verdict)?.logParity);
    }
    expect(verdict.reason).not.toContain(BEGUN_ANEW);
  });
});


describe('a policy that the version before stored', () => {
  const ofNow = judgePolicy({ judge: { weights: ROUND_WEIGHTS } });
  const ofThen = { ...ofNow.spec, judge: { ...ofNow.spec.judge, weights: ROUND_WEIGHTS } } as Policy['spec'];
  const pinned = pinnedPolicy({ ...ofNow, spec: ofThen });

  it.each([
    ['failures', { errors: 50 }],
    // 4xx answers have no weight then, and their evidence is beyond what exp holds.
    ['failures beside 4xx answers', { errors: 10, clientErrors: 90 }],
  ])('still rolls back for %s', (_, answered) => {
    const make = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, answered) });
    const { verdict } = lookRepeatedly(pinned, openJudgement(pinned), { from: 0, count: 60 }, make);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'errors' });
  });

  it('has evidence that can be told where 4xx answers have no weight', () => {
    const make = (startedAt: number) => blockOf({ startedAt, canary: tallyOf(100, { clientErrors: 100 }) });
    const { verdict } = lookRepeatedly(ofNow, openJudgement(ofNow), { from: 0, count: 60 }, make);
    expect(verdict.logEvidence).toBeLessThan(0);
    expect(verdict.hold).toMatchObject({ cause: 'worse:clientErrors' });
  });
});

describe('a memory that cannot be read', () => {
  const { checks: _, ...cut } = stored;

  it.each<[string, unknown]>([
    ['of a version before that', { ...stored, format: 3 }],
    ['of a later version', { ...stored, format: 7 }],
    ['that lacks a part', cut],
    ['of the present format without its checks', { ...cut, format: 6 }],
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
