import { describe, expect, it } from 'vitest';
import { orderedInWords, rampMsOf, rampNow } from '../../../src/dashboard/pages/rollout/ramp.ts';
import type { AuditView, RolloutView } from '../../../src/dashboard/views.ts';
import { policyYaml } from '../../../src/policy/digest.ts';
import { policySchema } from '../../../src/policy/schema.ts';

const T0 = Date.parse('2026-11-29T13:00:00.000Z');
const at = (seconds: number) => new Date(T0 + seconds * 1_000).toISOString();
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');
const entry = (kind: string, seconds: number, from: number, to: number) =>
  ({ at: at(seconds), event: { kind }, before: { canaryBps: from }, after: { canaryBps: to } }) as unknown as AuditView;
const audit = [entry('stepPassed', 0, 1_000, 5_000)];
const rollout: Parameters<typeof rampNow>[0] = {
  active: true,
  router: 'gateway',
  stage: 'step-2',
  stageEnteredAt: at(0),
  canaryBps: 5_000,
  unrecorded: null,
};
const kindAt = (seconds: number, entries: readonly AuditView[] = audit, more: Partial<RolloutView> = {}) =>
  rampNow({ ...rollout, ...more }, entries, 120_000, T0 + seconds * 1_000)?.kind ?? null;

describe('the ramp', () => {
  it('is under way for its time after an increase, also one that a person made within the step', () => {
    expect([kindAt(60), kindAt(120), kindAt(60, [])]).toEqual(['growing', null, 'growing']);
    expect(kindAt(660, [entry('weightSet', 600, 5_000, 6_000), ...audit])).toBe('growing');
    expect(kindAt(60, [entry('weightSet', 30, 5_000, 500), ...audit])).toBeNull();
  });

  it('ends where it is when harm was found, and other routers have none', () => {
    expect(kindAt(900, [entry('harmHeld', 60, 5_000, 5_000), ...audit])).toBe('stopped');
    expect(kindAt(900, [entry('harmHeld', 300, 5_000, 5_000), ...audit])).toBeNull();
    expect([kindAt(1, audit, { router: 'none' }), kindAt(1, audit, { stage: 'promoted' })]).toEqual([null, null]);
  });

  it('is never a share that is not known', () => {
    expect(rampNow(rollout, audit, null, T0)).toEqual({ kind: 'unknown' });
    expect(spaced(orderedInWords(5_000, { kind: 'growing', rampMs: 120_000 }))).toBe(
      '50 % is ordered; the share grows to it over the ramp of 2 m',
    );
  });

  it('takes what the policy says, or half of the warm-up', () => {
    const policy = (spec: object) =>
      policyYaml(
        policySchema.parse({
          apiVersion: 'serin.dev/v1',
          kind: 'GraduationPolicy',
          metadata: { name: 'p' },
          spec: { steps: [{ weight: '10%', dwell: '10m' }], ...spec },
        }),
      );
    expect(rampMsOf(policy({}))).toBe(120_000);
    expect(rampMsOf(policy({ ramp: '90s' }))).toBe(90_000);
    expect(rampMsOf('')).toBeNull();
  });
});
