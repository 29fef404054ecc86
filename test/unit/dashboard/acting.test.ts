import { describe, expect, it } from 'vitest';
import { type Acting, type ActingEvent, act, CLOSED } from '../../../src/dashboard/acts/acting.ts';
import type { Draft } from '../../../src/dashboard/acts/draft.ts';
import type { ApiReply } from '../../../src/dashboard/live/requests.ts';
import type { AuditView, PreviewView, RolloutView } from '../../../src/dashboard/views.ts';

const ROLLBACK: Draft = { verb: 'rollback', fields: {} };
const WEIGHT: Draft = { verb: 'weight', fields: { weight: '10%' } };
const AT = 1_000;

const ok = <Data>(data: Data): ApiReply<Data> => ({ kind: 'ok', data, position: null, next: null });
const told = (version: number, refused: string | null = null) =>
  ok({ version, refused, says: [`as of ${version}`] } as unknown as PreviewView);
const refused = (status: number, body: unknown = null): ApiReply<never> => ({
  kind: 'refused',
  status,
  detail: `the server says ${status}`,
  body,
});
const SILENCE: ApiReply<never> = { kind: 'unreachable', detail: 'no connection' };
const AFTER = { id: 'r', version: 18 } as unknown as RolloutView;
const ENTRY = { actor: { name: 'mira' } } as unknown as AuditView;

/** The events one after the other; an answer belongs to the request that is under way. */
function after(...events: readonly (ActingEvent | ((turn: number) => ActingEvent))[]): Acting {
  return events.reduce<Acting>(
    (state, event) => act(state, typeof event === 'function' ? event(state.turn) : event),
    CLOSED,
  );
}
const opened = (draft: Draft, version = 17): ActingEvent => ({ kind: 'opened', draft, version });
const previewed = (reply: ApiReply<PreviewView>) => (turn: number) => ({ kind: 'previewed', turn, reply }) as const;
const answered = (reply: ApiReply<RolloutView>) => (turn: number) =>
  ({ kind: 'answered', turn, at: AT, reply }) as const;
const reasoned = (reason: string): ActingEvent => ({ kind: 'reasoned', reason });
const seen = (version: number): ActingEvent => ({ kind: 'seen', version });
const CONFIRMED: ActingEvent = { kind: 'confirmed' };
const CANCELLED: ActingEvent = { kind: 'cancelled' };

const ASKING = [opened(ROLLBACK), previewed(told(17)), reasoned('p99 alarms')];
const SENDING = [...ASKING, CONFIRMED];
const UNKNOWN = [...SENDING, answered(SILENCE)];

describe('the question before an act', () => {
  it('is asked once its preview has come, and keeps the reason that was written meanwhile', () => {
    expect(after(opened(ROLLBACK))).toMatchObject({ kind: 'previewing', draft: ROLLBACK, preview: null });
    const state = after(opened(ROLLBACK), reasoned('alarms'), previewed(told(17)));
    expect(state).toMatchObject({ kind: 'asking', reason: 'alarms', preview: { version: 17 }, notice: null });
  });

  it('drops the late preview of another verb, or of what was typed before', () => {
    const first = after(opened(ROLLBACK));
    const other = act(act(first, reasoned('alarms')), opened(WEIGHT));
    expect(other).toMatchObject({ kind: 'previewing', draft: WEIGHT, preview: null, reason: 'alarms' });
    expect(act(other, { kind: 'previewed', turn: first.turn, reply: told(17) })).toBe(other);
    const typed = act(other, { kind: 'filled', field: 'weight', value: '5%' });
    expect(typed).toMatchObject({ kind: 'previewing', draft: { verb: 'weight', fields: { weight: '5%' } } });
    expect(act(typed, { kind: 'previewed', turn: other.turn, reply: told(17) })).toBe(typed);
    expect(act(typed, { kind: 'previewed', turn: typed.turn, reply: told(17) }).kind).toBe('asking');
  });

  it('cannot be confirmed without a preview, without a reason, or where it would be refused', () => {
    const early = after(opened(ROLLBACK), reasoned('alarms'));
    expect(act(early, CONFIRMED)).toBe(early);
    expect(after(opened(ROLLBACK), previewed(told(17)), reasoned('  '), CONFIRMED)).toMatchObject({
      kind: 'asking',
      objection: { field: 'reason' },
    });
    const not = after(opened(ROLLBACK), previewed(told(17, 'it has ended')), reasoned('alarms'));
    expect(not).toMatchObject({ kind: 'refused', objection: { field: null, detail: 'it has ended', isOfDeed: false } });
    expect(act(not, CONFIRMED)).toBe(not);
  });

  it('shows a fault of a preview at its field, and takes another preview for what is typed then', () => {
    const body = { errors: [{ detail: 'must be a share', pointer: '#/weight' }] };
    const wrong = after(opened(WEIGHT), previewed(refused(422, body)));
    expect(wrong).toMatchObject({ kind: 'refused', objection: { field: 'weight', detail: 'must be a share' } });
    expect(act(wrong, { kind: 'filled', field: 'weight', value: '5%' })).toMatchObject({
      kind: 'previewing',
      objection: null,
    });
  });

  it('is asked again by hand where no preview came, and nothing is sent by that', () => {
    const silent = after(opened(ROLLBACK), previewed(SILENCE));
    expect(silent).toMatchObject({ kind: 'refused', objection: { detail: 'no connection', isOfDeed: false } });
    expect(act(silent, { kind: 'asked-again' }).kind).toBe('previewing');
  });
});

describe('a rollout that moves on', () => {
  it('while it is asked, is told, asked anew with the reason, and cannot be confirmed until that has stood', () => {
    const moving = after(...ASKING, seen(18));
    expect(moving).toMatchObject({ kind: 'previewing', notice: { kind: 'moved', from: 17, to: 18, by: null } });
    const moved = act(moving, { kind: 'previewed', turn: moving.turn, reply: told(18) });
    expect(moved).toMatchObject({ kind: 'moved', reason: 'p99 alarms', preview: { version: 18 } });
    expect(act(moved, CONFIRMED)).toBe(moved);
    expect(act(act(moved, { kind: 'settled' }), CONFIRMED).kind).toBe('sending');
  });

  it('says who did it once that is read, and reads it again when it moves once more', () => {
    const one = act(after(...ASKING, seen(18)), { kind: 'told', since: 17, entries: [ENTRY] });
    expect(one).toMatchObject({ notice: { by: [ENTRY] } });
    const two = act(one, seen(19));
    expect(two).toMatchObject({ kind: 'previewing', notice: { kind: 'moved', from: 17, to: 19, by: null } });
    expect(act(two, { kind: 'told', since: 16, entries: [ENTRY] })).toBe(two);
  });

  it('while its preview is on the way, has it taken again; a version that was seen is no news', () => {
    const late = after(opened(ROLLBACK), seen(18), previewed(told(17)));
    expect(late).toMatchObject({ kind: 'previewing', preview: null, turn: 2 });
    const asking = after(...ASKING);
    expect(act(asking, seen(17))).toBe(asking);
  });

  it('unseen, is told by the next preview', () => {
    expect(after(...ASKING, { kind: 'signed-in' }, previewed(told(18)))).toMatchObject({
      kind: 'moved',
      notice: { kind: 'moved', from: 17, to: 18 },
    });
  });
});

describe('a deed', () => {
  it('is sent once, however often it is confirmed', () => {
    const sending = after(...SENDING);
    expect(sending.kind).toBe('sending');
    for (const event of [CONFIRMED, CANCELLED, reasoned('other'), opened(WEIGHT), { kind: 'asked-again' } as const]) {
      expect(act(sending, event)).toBe(sending);
    }
    // What the stream tells of the deed itself comes before its answer.
    expect(act(sending, seen(18))).toMatchObject({ kind: 'sending', turn: sending.turn });
  });

  it('that is taken is done', () => {
    const done = after(...SENDING, answered(ok(AFTER)));
    expect(done).toMatchObject({ kind: 'done', draft: ROLLBACK, at: AT, after: AFTER });
    expect(act(done, opened(WEIGHT))).toMatchObject({ kind: 'previewing', draft: WEIGHT, reason: '' });
  });

  it('that comes too late (412) was not done: the question is asked anew, with the reason', () => {
    const anew = after(...SENDING, answered(refused(412)));
    expect(anew).toMatchObject({ kind: 'previewing', reason: 'p99 alarms', notice: { kind: 'not-done', from: 17 } });
    expect(act(anew, { kind: 'previewed', turn: anew.turn, reply: told(18) })).toMatchObject({ kind: 'moved' });
  });

  it.each([403, 404, 409, 422, 429])('that is refused with %d was not done, in the words of the server', (status) => {
    expect(after(...SENDING, answered(refused(status)))).toMatchObject({
      kind: 'refused',
      reason: 'p99 alarms',
      objection: { field: null, detail: `the server says ${status}`, isOfDeed: true },
    });
  });

  it('of nobody who is signed in (401) was not done, and is asked anew once somebody is', () => {
    const out = after(...SENDING, answered(refused(401)));
    expect(out).toMatchObject({ kind: 'previewing', reason: 'p99 alarms', notice: { kind: 'signed-out' } });
    const unread = act(out, { kind: 'previewed', turn: out.turn, reply: refused(401) });
    expect(unread).toMatchObject({ kind: 'previewing', notice: { kind: 'signed-out' } });
    const back = act(unread, { kind: 'signed-in' });
    expect(act(back, { kind: 'previewed', turn: back.turn, reply: told(17) })).toMatchObject({
      kind: 'asking',
      reason: 'p99 alarms',
    });
  });

  it('may be given up before it is sent', () => {
    expect(after(...ASKING, CANCELLED).kind).toBe('closed');
    expect(after(opened(ROLLBACK), CANCELLED, previewed(told(17))).kind).toBe('closed');
  });
});

describe('a deed of which nothing is heard', () => {
  const found = (kind: 'done' | 'not-so-far') => (turn: number) =>
    ({ kind: 'found', turn, at: AT, found: { kind }, version: 18 }) as const;

  it.each([SILENCE, refused(503), refused(500)])(
    'is neither done nor not done, and never sent by itself: %o',
    (reply) => {
      const unknown = after(...SENDING, answered(reply));
      expect(unknown).toMatchObject({ kind: 'unknown', found: null, reason: 'p99 alarms' });
      for (const event of [CONFIRMED, { kind: 'settled' } as const, { kind: 'signed-in' } as const]) {
        expect(act(unknown, event)).toBe(unknown);
      }
    },
  );

  it('is what the state says, which is read again when the rollout moves', () => {
    expect(after(...UNKNOWN, found('done'))).toMatchObject({ kind: 'done', at: AT, after: null });
    const open = after(...UNKNOWN, found('not-so-far'));
    expect(open).toMatchObject({ kind: 'unknown', found: { kind: 'not-so-far' } });
    const again = act(open, seen(19));
    expect(again.turn).toBe(open.turn + 1);
    expect(act(again, found('not-so-far')(open.turn))).toBe(again);
  });

  it('is asked anew only by hand, with the reason, or given up', () => {
    expect(after(...UNKNOWN, found('not-so-far'), { kind: 'asked-again' })).toMatchObject({
      kind: 'previewing',
      reason: 'p99 alarms',
      notice: null,
    });
    expect(after(...UNKNOWN, CANCELLED).kind).toBe('closed');
  });
});
