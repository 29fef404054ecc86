import { describe, expect, it } from 'vitest';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { rungsOf } from '../../../src/dashboard/pages/rollout/ladder-rungs.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 29, 13, minute)).toISOString();
const stage = (name: string, weightBps: number | null, entered: number | null, left: number | null) => ({
  name,
  label: name.startsWith('step') ? `${Number(weightBps) / 100}%` : name,
  weightBps,
  needMs: 3_600_000,
  enteredAt: entered === null ? null : at(entered),
  leftAt: left === null ? null : at(left),
  canaryRequests: entered === null ? null : 713,
  stableRequests: null,
});
const STAGES = [
  stage('internal', null, 0, 16),
  stage('step-1', 100, 16, 20),
  stage('step-2', 1_000, 20, null),
  stage('bake', 10_000, null, null),
  stage('promoted', 10_000, null, null),
];
const view = (more: Partial<RolloutView>) =>
  rungsOf(
    {
      stage: 'step-2',
      stages: STAGES,
      active: true,
      canaryBps: 1_000,
      dwell: { haveMs: 900_000, needMs: 3_600_000 },
      forced: { requests: 24, errors: 0, needRequests: 20, maxErrors: 0 },
      canary: { version: 'v42', url: '' },
      paused: null,
      verdict: null,
      endedAt: null,
      ...more,
    } as unknown as RolloutView,
    null,
  );
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');
const states = (more: Partial<RolloutView>) => view(more).map(({ state }) => state);

describe('the ladder', () => {
  it('says what was, what is and what is ahead', () => {
    expect(states({})).toEqual(['done', 'done', 'now', 'next', 'next']);
    const lines = view({}).map(({ label, lines: said }) => spaced([label, ...said].join(' | ')));
    expect(lines).toEqual([
      'internal | 16 m | 24 forced requests, 0 failed',
      '1 % | 4 m | 713 canary requests',
      '10 % | 15 m of 1 h | 713 canary requests',
      'bake | 100 % | takes at least 1 h',
      'promoted | v42 becomes stable',
    ]);
    expect(view({})[2]?.part).toBe(0.25);
  });

  it('ends where the rollout ended', () => {
    const ended = { active: false, endedAt: at(25) };
    expect(states({ ...ended, stage: 'rolled-back' })).toEqual(['done', 'done', 'harm', 'next', 'next']);
    expect(states({ ...ended, stage: 'aborted' })[2]).toBe('ended');
    expect(spaced(view({ ...ended, stage: 'rolled-back' })[2]?.lines[0] ?? '')).toBe('rolled back after 5 m');
    expect(view({ ...ended, stage: 'aborted' })[3]?.lines).toEqual(['not reached']);
    expect(states({ ...ended, stage: 'finalised' })).toEqual(Array(5).fill('done'));
  });

  it('tells a stage that was passed over from one that was not recorded', () => {
    const skipped = STAGES.map((one) => (one.name === 'step-1' ? { ...one, enteredAt: null, leftAt: null } : one));
    expect(states({ stages: skipped })).toEqual(['done', 'skipped', 'now', 'next', 'next']);
    const unrecorded = STAGES.map((one, index) => (index < 2 ? { ...one, enteredAt: null, leftAt: null } : one));
    expect(states({ stages: unrecorded })).toEqual(['done', 'done', 'now', 'next', 'next']);
    expect(view({ stages: unrecorded })[1]?.lines[0]).toBe('its time was not recorded');
  });

  it('begins before the first stage while the canary is asked', () => {
    const reached = STAGES.map((one) => ({ ...one, enteredAt: null, leftAt: null }));
    expect(states({ stage: 'preflight', stages: reached })).toEqual(['now', 'next', 'next', 'next', 'next', 'next']);
  });

  it('says a weight that is not the declared one, and what stands still', () => {
    const paused = { at: at(21), by: 'mira', role: 'operator', reason: 'looking' };
    expect(view({ canaryBps: 500, paused })[2]?.lines.map(spaced).slice(0, 2)).toEqual([
      'now 5 %',
      'paused · 15 m of 1 h',
    ]);
  });
});
