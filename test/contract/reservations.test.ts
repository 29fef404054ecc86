import { describe, expect, it, vi } from 'vitest';
import { look, openJudgement } from '../../src/judge/judge.ts';
import type { Check } from '../../src/parity/check.ts';
import { obstacleIn, type Reservation, reservationsInWords } from '../../src/parity/internal/reservation.ts';
import { blockOf, inputOf } from '../support/judge-blocks.ts';
import { briskPolicy } from '../support/judge-policy.ts';

// Says what the splitEpoch of the last block asks for.
vi.mock('../../src/parity/checks.ts', async (original) => {
  const { CHECKS } = await original<typeof import('../../src/parity/checks.ts')>();
  const kinds: readonly (Reservation['kind'] | null)[] = [null, 'tells', 'waits', 'holds', 'refuses'];
  const reserving: Check<{ epoch: number }> = {
    names: { listed: ['toy'] },
    terms: ({ metadata }, name) =>
      name === 'toy' ? { label: 'toys', dryRun: metadata.name === 'toys-report', against: 'stable' } : null,
    open: () => ({ epoch: 0 }),
    observe: (_, { block }) => ({ epoch: block.splitEpoch }),
    findings: () => [],
    reservations: (_, { epoch }) => {
      const kind = kinds[epoch];
      return kind ? [{ kind, check: 'toy', reason: `the toy ${kind}` }] : [];
    },
  };
  return { CHECKS: { ...CHECKS, toy: reserving } };
});

const policy = briskPolicy();
const reporting = { ...policy, metadata: { ...policy.metadata, name: 'toys-report' } };
const internal = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 } as const;

function verdictAt(splitEpoch: number, of = policy, parts: Partial<Parameters<typeof inputOf>[1]> = {}) {
  const block = blockOf({ canaryBps: 0, splitEpoch });
  return look(of, openJudgement(of), inputOf([block], { step: { ...internal, splitEpoch }, ...parts })).verdict;
}

describe('reservations of the internal phase', () => {
  it('are the reason of the verdict, and only what holds stands for a page', () => {
    expect(verdictAt(0)).toMatchObject({
      name: 'undecided',
      reason: expect.stringContaining('nothing is compared yet'),
    });
    expect(verdictAt(0).reservations).toBeUndefined();
    expect(verdictAt(2)).toMatchObject({ reason: 'the toy waits', worst: 'toy', reservations: [{ kind: 'waits' }] });
    expect(verdictAt(2).hold).toBeUndefined();
    expect(verdictAt(3).hold).toEqual({ cause: 'worse:toy', check: 'toy', urgency: 'after-max-hold' });
    expect(verdictAt(4)).toMatchObject({ name: 'undecided', reason: 'the toy refuses', worst: 'toy' });
  });

  it('are there where nothing could be measured, and nowhere else', () => {
    const unmeasured = verdictAt(3, policy, { unusable: 'the source is away' });
    expect(unmeasured).toMatchObject({ name: 'blind', reservations: [{ kind: 'holds' }] });
    expect(unmeasured.reason).toMatch(/the source is away.*; the toy holds$/);
    expect(verdictAt(2, policy, { unusable: 'the source is away' }).reason).not.toMatch('toy');
    const weight = { ...internal, kind: 'weight', splitEpoch: 3 } as const;
    expect(verdictAt(3, policy, { step: weight }).reservations).toBeUndefined();
  });

  it('keep nobody waiting where the check is skipped, or only reports', () => {
    expect(verdictAt(3, policy, { skippedChecks: ['toy'] }).reservations).toBeUndefined();
    expect(verdictAt(3, reporting).reservations).toEqual([
      { kind: 'tells', check: 'toy', reason: 'the toy holds (report only)' },
    ]);
    expect(verdictAt(3, reporting).hold).toBeUndefined();
  });

  it('are said strongest first, those of a kind together', () => {
    const said = (kind: Reservation['kind'], reason: string) => ({ kind, check: 'toy', reason });
    expect(obstacleIn([said('tells', 'a')])).toBeNull();
    expect(reservationsInWords([said('tells', 'a'), said('holds', 'b'), said('waits', 'c'), said('holds', 'd')])).toBe(
      'b; d',
    );
  });
});
