import { describe, expect, it } from 'vitest';
import { type KnownNow, liveStory } from '../../../src/dashboard/drawings/strips/live-story.ts';
import type { AuditView, RolloutView } from '../../../src/dashboard/views.ts';
import { DRAWN_FROM, drawnTrail } from '../../support/drawn-trail.ts';

const iso = (at: number) => new Date(at).toISOString();
const minutes = (count: number) => DRAWN_FROM + count * 60_000;
/** What of a rollout the strips look at. */
const rollout = {
  startedAt: iso(DRAWN_FROM),
  endedAt: null,
  stage: 'step-1',
  stages: [],
  verdict: null,
  canaryBps: 100,
  router: 'local',
} as unknown as RolloutView;
const trail = drawnTrail(Array.from({ length: 12 }, () => ({ bps: 100 })));
const known: KnownNow = { rollout, trail, audit: [], now: minutes(1) + 4_000, lost: null };

describe('the strips of a rollout', () => {
  it('end with the last look, while there are looks', () => {
    expect(liveStory(known)).toMatchObject({ from: DRAWN_FROM, to: minutes(1), silence: null, end: null });
  });

  it('end in a gap up to now, where the stream is lost or nobody looks', () => {
    const lost = { at: minutes(1) + 2_000, says: 'not heard' };
    expect(liveStory({ ...known, now: minutes(2), lost })).toMatchObject({
      to: minutes(2),
      silence: { from: minutes(1) + 2_000, says: 'not heard' },
    });
    const nobody = liveStory({ ...known, now: minutes(2) });
    expect(nobody).toMatchObject({
      to: minutes(2),
      silence: { from: minutes(1), says: expect.stringMatching(/^no look since/) },
    });
  });

  it('end with the rollout, whatever is heard since', () => {
    const ended = { ...rollout, endedAt: iso(minutes(1) + 300), stage: 'rolled-back', canaryBps: 0 };
    const story = liveStory({
      ...known,
      rollout: ended,
      now: minutes(60),
      lost: { at: minutes(2), says: 'not heard' },
    });
    expect(story).toMatchObject({
      to: minutes(1) + 300,
      silence: null,
      end: { label: 'rolled back', tone: 'harm', bps: 0 },
    });
  });

  it('keep the lines of the last verdict that is known', () => {
    const verdict = {
      logThreshold: 7,
      logHold: 3,
      findings: [{ logParityThreshold: 2 }, { logParityThreshold: null }],
    };
    const entry = {
      at: iso(minutes(1)),
      event: { kind: 'stepPassed', verdict },
      actor: { name: 'serin', role: 'serin' },
    };
    const audit = [{ ...entry, event: { kind: 'bakePassed' } }, entry] as unknown as AuditView[];
    expect(liveStory({ ...known, audit }).lines).toEqual({ rollback: 7, hold: 3, parity: 2 });
    expect(liveStory(known).lines).toEqual({ rollback: null, hold: null, parity: null });
  });

  it('draw a rollout that nobody has looked at yet', () => {
    const story = liveStory({ ...known, trail: drawnTrail([]), now: DRAWN_FROM + 2_000 });
    expect(story.to).toBeGreaterThan(story.from);
    expect(story.silence).toBeNull();
  });
});
