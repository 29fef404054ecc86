import { describe, expect, it } from 'vitest';
import type { AuditView } from '../../../src/api/view-schemas.ts';
import {
  mergedAudit,
  olderThan,
  whyStarted,
  withNewest,
  withOlder,
} from '../../../src/dashboard/pages/rollout/audit-pages.ts';
import { decisionReason, decisionWords } from '../../../src/dashboard/words/decision-words.ts';

const spaced = (text: string) => text.replaceAll('\u00a0', ' ');

const place = (stage: string, canaryBps: number) => ({ stage, canaryBps });
const entry = (kind: string, more: Partial<AuditView> = {}, facts: object = {}): AuditView => ({
  seq: 1,
  at: '2026-11-29T13:09:20.000Z',
  actor: { name: 'serin', role: 'serin', via: null, subject: null },
  route: 'shop',
  rolloutId: 'r',
  event: { kind, ...facts },
  reason: '',
  before: place('step-1', 1_000),
  after: place('step-1', 1_000),
  hash: '',
  ...more,
});
const titleOf = (...parts: Parameters<typeof entry>) => spaced(decisionWords(entry(...parts)).title);

describe('a decision', () => {
  it('says from where to where', () => {
    expect(titleOf('stepPassed', { after: place('step-2', 5_000) })).toBe('10 % → 50 %');
    expect(titleOf('internalPassed', { before: place('internal', 0) })).toBe('internal → 10 %');
    expect(titleOf('canaryJudgedHarmful', { after: place('rolled-back', 0) })).toBe('10 % → 0 %, rolled back');
    expect(titleOf('weightSet', {}, { canaryBps: 1_000 })).toBe('Weight set');
  });

  it('says what tells it from others of its kind, and of a kind that nobody knows its name', () => {
    expect(titleOf('gatePassed', {}, { gate: 'tests' })).toBe('Gate tests passed');
    expect(titleOf('blindTooLong', {}, { action: 'pause' })).toBe('Blind for too long: paused');
    const leaveBehind = { listed: ['acme', 'globex'], unlisted: null };
    expect(titleOf('advanced', { after: place('bake', 10_000) }, { leaveBehind })).toBe(
      '10 % → bake, advanced without 2 consumers',
    );
    expect(titleOf('somethingNew')).toBe('Something new');
  });

  it('of a person has the sign of one', () => {
    const actor = { name: 'ada', role: 'operator', via: 'session' as const, subject: 'token:1' };
    expect(decisionWords(entry('paused', { actor })).sign).toBe('person');
    expect(decisionWords(entry('rolloutStarted', { actor })).sign).toBe('dot');
  });
});

describe('the reason of a decision', () => {
  it('of a start is told once, and of the preflight what it found', () => {
    expect(decisionReason(entry('rolloutStarted', { reason: 'new ledger' }))).toBe('new ledger');
    expect(decisionReason(entry('preflightPassed', { reason: 'new ledger' }))).toBe(
      'every address of the canary answers',
    );
    expect(decisionReason(entry('preflightPassed', {}, { warning: 'keys are sticky' }))).toBe(
      'every address of the canary answers, but keys are sticky',
    );
    expect(titleOf('preflightPassed')).toBe('Preflight passed');
  });
});

describe('the pages of an audit', () => {
  const started = entry('rolloutStarted', { seq: 3 });
  const others = [7, 5].map((seq) => entry('paused', { seq }));

  it('are one list without doubles, whatever order they come in', () => {
    const known = mergedAudit(others, [entry('resumed', { seq: 9 }), ...others]);
    expect(known.map(({ seq }) => seq)).toEqual([9, 7, 5]);
    expect(olderThan(known)).toBe(5);
  });

  it('have no hole after a long absence: what the newest page does not meet is asked for again', () => {
    const newest = [30, 20].map((seq) => entry('paused', { seq }));
    const seqsOf = (entries: ReturnType<typeof withNewest>) => entries.map(({ seq }) => seq);
    expect(seqsOf(withNewest([...others, started], newest))).toEqual([30, 20]);
    expect(olderThan(withNewest([...others, started], newest))).toBe(20);
    expect(seqsOf(withNewest([entry('paused', { seq: 20 }), ...others], newest))).toEqual([30, 20, 7, 5]);
    expect(seqsOf(withNewest(others, [...newest, started]))).toEqual([30, 20, 7, 5, 3]);
    expect(seqsOf(withNewest([], newest))).toEqual([30, 20]);
  });

  it('take no older page that a list does not meet which has begun anew meanwhile', () => {
    const read = (known: typeof others, below: number) => withOlder(known, below, [started]).map(({ seq }) => seq);
    expect(read(others, 5)).toEqual([7, 5, 3]);
    expect(read([entry('paused', { seq: 30 })], 5)).toEqual([30]);
  });

  it('end with the start of the rollout', () => {
    expect(olderThan(mergedAudit(others, [started]))).toBeNull();
    expect(olderThan([])).toBeNull();
    expect(whyStarted([...others, { ...started, reason: 'new ledger' }])).toBe('new ledger');
    expect(whyStarted(others)).toBeNull();
  });
});
