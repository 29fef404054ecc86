import { describe, expect, it } from 'vitest';
import { actWords, keepWords, VERB_NAMES } from '../../../src/dashboard/acts/act-words.ts';
import { offeredTo } from '../../../src/dashboard/acts/bar.ts';
import { type ActVerb, type Draft, deedPosted, draftOf, previewAsked } from '../../../src/dashboard/acts/draft.ts';
import { foundIn, type Sent } from '../../../src/dashboard/acts/found.ts';
import { allHappened } from '../../../src/dashboard/acts/happened-words.ts';
import type { AuditView, RolloutView } from '../../../src/dashboard/views.ts';
import { VERBS } from '../../../src/rollout/acts/deed.ts';

const VIEW = {
  id: 'r1',
  route: 'payments',
  attempt: 1,
  version: 17,
  active: true,
  paused: null,
  stage: 'step-1',
  nextStage: 'step-2',
  stages: [
    { name: 'step-1', label: '10%', weightBps: 1_000 },
    { name: 'step-2', label: '50%', weightBps: 5_000 },
  ],
  canaryBps: 1_000,
  router: 'gateway',
  stable: { version: 'v41' },
  canary: { version: 'v42' },
  gates: [
    { name: 'tests', open: true },
    { name: 'owner', open: false },
  ],
  skippedChecks: ['errors'],
  verdict: { worst: 'p99', findings: [{ check: 'errors' }, { check: 'p99' }] },
  acts: VERBS.map((verb) => ({ verb, role: 'operator', refused: null })),
  unrecorded: null,
} as unknown as RolloutView;

const entry = (kind: string, name: string, reason = '', more: object = {}): AuditView =>
  ({
    at: '2026-12-01T13:22:58.000Z',
    actor: { name, role: 'operator' },
    event: { kind, ...more },
    reason,
  }) as AuditView;

describe('a draft', () => {
  it('is what the API takes, as a preview and as the deed', () => {
    const asked = Object.fromEntries(VERBS.map((verb) => [verb, previewAsked(draftOf(verb, VIEW))]));
    expect(asked).toEqual({
      ...Object.fromEntries(VERBS.map((verb) => [verb, { verb }])),
      advance: { verb: 'advance', to: 'step-2' },
      weight: { verb: 'weight', weight: '5%' },
      extend: { verb: 'extend', by: '1h' },
      skip: { verb: 'skip', check: 'p99' },
      gate: { verb: 'gate', gate: 'owner' },
    });
    expect(deedPosted(draftOf('gate', VIEW), ' ok ')).toEqual({ path: '/gates/owner', body: { reason: 'ok' } });
    expect(deedPosted(draftOf('advance', VIEW), 'on')).toEqual({
      path: '/advance',
      body: { to: 'step-2', reason: 'on' },
    });
  });

  it('takes a weight and a time as people type them, and leaves what is neither to the server', () => {
    const body = (verb: ActVerb, fields: Draft['fields']) => deedPosted({ verb, fields }, 'x').body;
    for (const weight of ['25', '25 %', '25%']) expect(body('weight', { weight })).toMatchObject({ weight: '25%' });
    expect(body('weight', { weight: 'half' })).toMatchObject({ weight: 'half' });
    expect(body('extend', { by: '30 m' })).toMatchObject({ by: '30m' });
  });

  it('of a promotion in the bake is without the bake, and a repair says so', () => {
    expect(draftOf('promote', { ...VIEW, stage: 'bake' }).fields).toEqual({ how: 'full' });
    const body = (how: string) => deedPosted({ verb: 'promote', fields: { how } }, 'x').body;
    expect([body('bake'), body('full'), body('repair')]).toEqual([
      { reason: 'x' },
      { reason: 'x', full: true },
      { reason: 'x', repair: true },
    ]);
  });
});

describe('the words of an act', () => {
  it('repeat the deed on the button that does it', () => {
    const said = VERBS.map((verb) => actWords(draftOf(verb, VIEW), VIEW));
    expect(said.find(({ button }) => button === 'Roll back…')).toMatchObject({
      question: 'Roll back payments from v42 to v41?',
      confirm: 'Roll back v42',
    });
    expect(said.find(({ button }) => button.startsWith('Advance'))?.button).toBe('Advance to 50\u00a0%…');
    expect(new Set(said.map(({ confirm }) => confirm)).size).toBe(VERBS.length);
    expect(said.flatMap(({ confirm, did }) => [confirm, did]).filter((text) => text.includes('undefined'))).toEqual([]);
    expect(Object.keys(VERB_NAMES).toSorted()).toEqual([...VERBS].toSorted());
  });

  it('say of the button that does nothing what stays', () => {
    const keep = (verb: ActVerb) => keepWords({ verb }, { ...VIEW, canaryBps: 1_000 }, true);
    expect(['pause', 'resume', 'rollback'].map((verb) => keep(verb as ActVerb))).toEqual([
      'Do not pause',
      'Leave it',
      'Keep it at 10\u00a0%',
    ]);
    const paused = { ...VIEW, paused: { by: 'ada', role: 'operator', at: '2026-12-01T10:00:00Z', reason: 'tests' } };
    expect(['pause', 'resume'].map((verb) => keepWords({ verb: verb as ActVerb }, paused, true))).toEqual([
      'Leave it paused',
      'Leave it paused',
    ]);
    const draft: Draft = { verb: 'weight', fields: { weight: '20' } };
    expect(actWords(draft, VIEW).confirm).toBe('Set it to 20\u00a0%');
  });

  it('only note what is done where another router makes the split', () => {
    const view = { ...VIEW, router: 'none' } as const;
    expect(actWords(draftOf('advance', view), view).button).toBe('Note as advanced to 50\u00a0%…');
  });
});

describe('what is offered', () => {
  const acts = VIEW.acts.map((one) => ({
    ...one,
    refused:
      one.verb === 'resume' ? 'it is not paused' : one.verb === 'retry' || one.verb === 'finalise' ? 'it runs' : null,
  }));

  it('is what the server would take; the rest is listed with why, once a sentence', () => {
    const offered = offeredTo({ roles: ['viewer', 'operator'], verbs: VERBS }, { acts, stage: 'step-1' });
    expect(offered.bar).toEqual(['pause', 'advance', 'rollback']);
    expect(offered.more).toEqual(['promote', 'abort', 'weight', 'extend', 'skip', 'gate', 'rebase']);
    expect(offered.refused).toEqual([
      { verbs: ['resume'], why: 'it is not paused' },
      { verbs: ['finalise', 'retry'], why: 'it runs' },
    ]);
  });

  it('is nothing to who has not the role that the server names', () => {
    expect(offeredTo({ roles: ['viewer'], verbs: [] }, { acts, stage: 'step-1' })).toEqual({
      bar: [],
      more: [],
      refused: [],
      missing: ['operator'],
    });
  });
});

describe('what is offered to a token that is limited', () => {
  it('is what its verbs are, and nothing of the rest', () => {
    const acts = VIEW.acts.map((one) => ({ ...one, refused: null }));
    const me = { roles: ['viewer', 'operator'], verbs: ['rollback', 'start'] } as const;
    const none = { more: [], refused: [], missing: [] };
    expect(offeredTo(me, { acts, stage: 'step-1' })).toEqual({ ...none, bar: ['rollback'] });
    expect(offeredTo({ ...me, verbs: ['start'] }, { acts, stage: 'step-1' })).toEqual({ ...none, bar: [] });
  });
});

describe('what came of a deed', () => {
  const sent: Sent = { draft: { verb: 'rollback', fields: {} }, reason: 'alarms ', version: 17, by: 'ada' };
  const mine = entry('rolledBack', 'ada', 'alarms');

  it('is that it was done where the first entry since then is it', () => {
    expect(foundIn(sent, { view: VIEW, entries: [entry('pageResolved', 'serin'), mine] }, null)).toEqual({
      kind: 'done',
    });
  });

  it('is that it cannot be done any more where another came first, also the same deed of another', () => {
    for (const first of [
      entry('paused', 'mira'),
      entry('rolledBack', 'mira', 'alarms'),
      entry('rolledBack', 'ada', 'else'),
    ]) {
      expect(foundIn(sent, { view: VIEW, entries: [mine, first] }, null)).toMatchObject({ kind: 'overtaken' });
    }
  });

  it('is open while nothing has changed, and done where the gateway did it unrecorded', () => {
    expect(foundIn(sent, { view: VIEW, entries: [] }, null)).toEqual({ kind: 'not-so-far' });
    const unrecorded = { event: 'rolledBack', by: 'ada', role: 'operator', reason: 'alarms', at: null };
    expect(foundIn(sent, { view: { ...VIEW, unrecorded }, entries: [] }, null)).toEqual({ kind: 'done' });
  });

  it('of a retry is another rollout of the route', () => {
    const retry: Sent = { ...sent, draft: { verb: 'retry', fields: {} } };
    const since = { view: VIEW, entries: [] };
    const next = { ...VIEW, id: 'r2', attempt: 2, startedBy: 'ada' };
    expect([foundIn(retry, since, next).kind, foundIn(retry, since, VIEW).kind]).toEqual(['done', 'not-so-far']);
  });
});

it('who did what is told in the order in which it was done', () => {
  const entries = [entry('extended', 'bob', '', { byMs: 3_600_000 }), entry('paused', 'mira', 'looking at p99')];
  expect(allHappened(entries)).toMatchObject([
    { what: expect.stringMatching(/^Paused \(mira, \d\d:22:58\)$/), why: '“looking at p99”' },
    { what: expect.stringMatching(/^Extended by 1.h \(bob, \d\d:22:58\)$/), why: '' },
  ]);
});
