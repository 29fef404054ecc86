import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../../src/rollout/evidence.ts';
import { reportOf } from '../../../../src/rollout/report/report.ts';
import { addCost, NO_COST } from '../../../../src/rollout/so-far/cost.ts';
import { EMPTY_WINDOW } from '../../../../src/stats/evidence/window.ts';
import { blockOf, tallyOf } from '../../../support/judge-blocks.ts';
import {
  ANSWERS,
  byAda,
  HARMED,
  harmful,
  IN_STEP,
  type Played,
  PROMOTED,
  played,
  STEP_PASSED,
} from '../../../support/played-rollout.ts';
import { policyOf, T0 } from '../../../support/rollouts.ts';
import { verdictOf } from '../../../support/verdicts.ts';

describe('the figures of a report', () => {
  const cost = addCost(NO_COST, [
    blockOf({ canary: tallyOf(1_000, { errors: 48 }), stable: tallyOf(9_000, { errors: 18 }) }),
  ]);
  const stage = {
    stage: 'step-1',
    enteredAt: T0 + 180_000,
    leftAt: null,
    splitEpoch: 5,
    canaryRequests: 1_000,
    stableRequests: 9_000,
  };

  it('are what it cost, how many requests there were, and how long it took', () => {
    const { numbers } = reportOf(played([...IN_STEP, { ...HARMED, sees: { cost, past: [stage] } }]));
    expect(numbers).toEqual({
      harmed: {
        estimate: 46,
        low: 42,
        high: 48,
        says: 'about 46 more requests failed than the rate of v1 would have given (42 to 48)',
      },
      firstSign: null,
      requests: {
        canary: 1_000,
        lanes: { weight: 1_000, forced: 0, ruled: 0 },
        stable: 9_000,
        says: '1,000 requests of clients on v2, beside 9,000 that the weight gave v1',
      },
      duration: {
        ms: 240_000,
        lastStage: { name: 'step-1', label: '10 %', ms: 60_000 },
        says: '4 min from the start to the end, 60 s of it at 10 %',
      },
    });
  });

  it('have the time from the first sign, where evidence of harm ended it', () => {
    const { judge } = played([]).record.evidence;
    const since = { ...EMPTY_WINDOW, span: { from: T0 + 205_000, to: T0 + 240_000 } };
    const seen: Partial<Evidence> = { judge: { ...judge, harm: { ...judge.harm, since } } };
    const firstSign = (plays: readonly Played[]) => reportOf(played(plays)).numbers.firstSign;
    expect(firstSign([...IN_STEP, { ...HARMED, sees: seen }])).toEqual({
      at: T0 + 205_000,
      ms: 35_000,
      says: '35 s from the first sign to the decision',
    });
    const byHand = { ...byAda({ kind: 'rolledBack' }), sees: { ...seen, verdict: harmful } };
    expect(firstSign([...IN_STEP, byHand])).toBeNull();
  });

  it('are null where nothing is known', () => {
    const { cost: _, past: __, ...nothing } = played([]).record.evidence;
    const parts = played([{ event: { kind: 'preflightRefused', reason: 'it does not answer' } }]);
    const { numbers } = reportOf({ ...parts, record: { ...parts.record, evidence: nothing } });
    expect(numbers).toEqual({
      harmed: null,
      firstSign: null,
      requests: null,
      duration: { ms: 60_000, lastStage: null, says: '60 s from the start to the end' },
    });
  });
});

describe('the verdict of a report', () => {
  it('is that of the end, or of the last step that was passed, or at the last look', () => {
    const shown = (plays: readonly Played[]) => {
      const { shown: of } = reportOf(played(plays));
      return of && [of.at, of.stage, of.verdict.name];
    };
    expect(shown([...IN_STEP, HARMED])).toEqual(['end', 'step-1', 'harmful']);
    expect(shown([...IN_STEP, { ...byAda({ kind: 'aborted' }), sees: { verdict: verdictOf() } }])).toEqual([
      'end',
      'step-1',
      'undecided',
    ]);
    expect(shown([...IN_STEP, STEP_PASSED, PROMOTED, byAda({ kind: 'finalisedByHand' })])).toEqual([
      'step',
      'step-1',
      'at-parity',
    ]);
    expect(shown([...IN_STEP, { ...byAda({ kind: 'paused' }), sees: { verdict: verdictOf() } }])).toEqual([
      'look',
      'step-1',
      'undecided',
    ]);
    expect(shown(IN_STEP)).toBeNull();
  });
});

describe('what was promised', () => {
  it('is the policy in sentences, and what people did to it', () => {
    const policy = policyOf({ guards: { errors: '2%', p99: '800ms', dryRun: ['p99'] }, finalise: 'manual' });
    const skipped = byAda({ kind: 'checkSkipped', check: 'p99' });
    const { promised } = reportOf(played([...IN_STEP, skipped, HARMED], policy)).policy;
    expect(promised).toEqual([
      'Errors are harm beyond 10 % + 0.01 pp, and at parity within 25 % or 0.1 pp.',
      '4xx answers hold beyond 50 % + 1 pp, and are harm beyond 100 % + 10 pp.',
      'Latency is harm beyond p50 4.1 %, p95 6.2 %, p99 10.5 %, rounded down to whole buckets.',
      'Never tolerated, whatever the stable does: more than errors 2 %, p99 800ms (reported only).',
      expect.stringMatching(/^Harm rolls it back; shown by any of errors, .*p50, p95, .*, where it is measured\.$/),
      'Steps: 10 % for 1m, 50 % for 2m; bake 1m; then a person makes it the stable.',
      'The false-rollback budget is 0.001 over the whole rollout.',
      'Overrides by people: gatePassed, checkSkipped.',
      'Skipped: p99.',
    ]);
    expect(promised[4]).not.toMatch(/p99[,;]/);
  });

  it('says where nothing counted, and where nobody intervened', () => {
    const { promised } = reportOf(played([ANSWERS], policyOf({ dryRun: true }))).policy;
    expect(promised).toContain('Every check only reported: no evidence rolled back, held or advanced it.');
    expect(promised.slice(-2)).toEqual(['No override was made.', 'No check was skipped.']);
  });
});

describe('a report that is final', () => {
  const ended = played([...IN_STEP, HARMED]);

  it('takes nothing from after the end: neither the answer to its page nor the state that follows', () => {
    const resolved = { event: { kind: 'pageResolved', reason: 'v3 was promoted' } } as const;
    const later = played([...IN_STEP, HARMED, resolved]);
    expect(later.audit).toHaveLength(ended.audit.length + 1);
    expect(later.messages.map(({ kind }) => kind)).toEqual(['page', 'resolve']);
    expect(reportOf(later)).toEqual(reportOf(ended));
    expect(reportOf(ended)).toMatchObject({
      final: true,
      says: 'This report does not change any more. Its trail is deleted after 1 January 2027.',
    });
  });

  it('is not while a message waits, or the rollout runs', () => {
    const waiting = ended.messages.map((one) => ({ ...one, deliveredAt: null, lastError: 'it answered 503' }));
    expect(reportOf({ ...ended, messages: waiting })).toMatchObject({
      final: false,
      says: 'The rollout has ended. Only what becomes of its messages changes here: 1 message about it was neither taken nor refused yet.',
    });
    expect(reportOf(played(IN_STEP))).toMatchObject({
      final: false,
      says: 'The rollout runs, and so this report changes.',
    });
    const refused = ended.messages.map((one) => ({ ...one, deliveredAt: null, rejectedAt: one.at + 12_000 }));
    const report = reportOf({ ...ended, messages: refused });
    expect([report.final, report.happened.at(-1)?.says]).toEqual([true, 'refused after 12 s']);
  });
});

describe('how to check a report', () => {
  it('names commands with what they show', () => {
    const { verify } = reportOf(played([...IN_STEP, HARMED]));
    const id = '019ac000-0000-7000-8000-000000000001';
    expect(verify.map(({ command }) => command)).toEqual([
      `serin audit --rollout ${id} --limit 5 -o wide`,
      'serin audit verify',
      `serin report ${id} --policy > policy.yaml`,
      'serin validate policy.yaml',
      `serin report ${id} -o json`,
    ]);
    expect(verify[1]?.says).toContain(`between 4,117 and 4,121, the last with the hash ${'4'.repeat(64)}`);
  });
});
