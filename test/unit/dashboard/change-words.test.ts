import { describe, expect, it } from 'vitest';
import { auditChanges, auditSubject } from '../../../src/dashboard/pages/audit/change-words.ts';

const standing = {
  stage: 'internal',
  canary: 'http://c/',
  stable: 'http://s/',
  canaryBps: 0,
  extraDwellMs: 0,
  paused: false,
  policyDigest: `sha256:${'ab12'.repeat(16)}`,
  skippedChecks: [] as string[],
};
const texts = (before: unknown, after: unknown) =>
  auditChanges(before, after).map((change) =>
    `${change.what}: ${change.before} → ${change.after}`.replaceAll('\u00a0', ' '),
  );

describe('what an entry of the audit changed', () => {
  it('is told field by field, before and after', () => {
    const after = { ...standing, stage: 'step-1', canaryBps: 1_000, paused: true, extraDwellMs: 3_600_000 };
    expect(texts(standing, { ...after, skippedChecks: ['p99', 'errors'] })).toEqual([
      'stage: internal → step-1',
      'share of the canary: 0 % → 10 %',
      'added dwell: 0 s → 1 h',
      'paused: no → yes',
      'skipped checks: none → p99, errors',
    ]);
  });

  it('is nothing where nothing differs', () => {
    expect(texts(standing, { ...standing })).toEqual([]);
    expect(texts(null, null)).toEqual([]);
  });

  it('is what was made, without what is empty in it, and what was taken away', () => {
    expect(texts(null, standing)).toEqual([
      'stage: null → internal',
      'canary: null → http://c/',
      'stable: null → http://s/',
      'policy: null → ab12ab12ab12',
    ]);
    expect(texts({ rule: 'canary' }, null)).toEqual(['rule: canary → null']);
  });

  it('is of each consumer what changed of it', () => {
    const acme = { rule: 'stable', group: null, wave: 2 };
    expect(texts({ acme }, { acme: { ...acme, rule: 'canary' }, globex: { rule: 'stable', due: null } })).toEqual([
      'acme rule: stable → canary',
      'globex rule: null → stable',
    ]);
    expect(texts({ acme }, {})).toEqual(['acme rule: stable → null', 'acme wave: 2 → null']);
  });

  it('is told of what no version of this page knows', () => {
    expect(texts({ depth: { a: [1] } }, 'gone')).toEqual(['depth a: [1] → null', 'value: null → gone']);
  });
});

describe('the subject of an entry', () => {
  it('is a consumer, or a token with its role', () => {
    expect(auditSubject({ kind: 'consumerListed', consumer: 'globex' })).toBe('globex');
    expect(auditSubject({ kind: 'tokenCreated', id: 'x', name: 'ci', role: 'operator' })).toBe('ci (operator)');
    expect(auditSubject({ kind: 'tokenRevoked', id: 'x' })).toBe('x');
    expect(auditSubject({ kind: 'stableDeclared', stable: {} })).toBe('');
  });
});
