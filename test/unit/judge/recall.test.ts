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

interface Written {
  readonly stored: JudgeState & Record<string, unknown>;
  readonly next: { readonly verdict: Pick<Verdict, 'name' | 'findings'> };
}

/** A memory after 40 blocks of a second as an earlier version wrote it, and what that version found at the next block. */
function written(format: 4 | 5): Written {
  const file = new URL(`../../support/judge-state-${format}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Written;
}

const { stored } = written(4);

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

describe.each([4, 5] as const)('a memory of format %i', (format) => {
  const { stored, next } = written(format);

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

describe('a memory of format 5', () => {
  const { stored } = written(5);

  it('keeps what it knew of empty answers; whether most are empty is looked for from the next block on', () => {
    const { empty } = recall(policy, stored).checks;
    expect(empty).toMatchObject({ isSeen: true, stable: stored.checks.empty.stable });
    expect(empty.broken).toEqual(openJudgement(policy).checks.empty.broken);
  });

  it('ends in a rollback when the canary fails from then on', () => {
    const make = (startedAt: number) => valued(startedAt, pointAt(startedAt), { canary: answers(100, 50) });
    const { verdict } = lookRepeatedly(policy, recall(policy, stored), { from: 40_000, count: 20 }, make);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'errors' });
    expect(verdict.reason).toMatch(/^canary errors 50 % against 0 % \(margin 10 % \+ 0\.01 pp\), /);
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
