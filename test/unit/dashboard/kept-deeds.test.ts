import { describe, expect, it } from 'vitest';
import { actOutcome } from '../../../src/dashboard/acts/act-outcome.ts';
import type { ConfirmedDeed } from '../../../src/dashboard/acts/confirmed-deed.ts';
import { KeptDeeds } from '../../../src/dashboard/acts/kept-deeds.ts';

const deed = (key: string): ConfirmedDeed => ({
  key,
  rollout: { id: 'r', route: 'shop' },
  words: { confirm: 'Pause shop', did: 'paused shop' },
  sent: { draft: { verb: 'pause', fields: {} }, reason: 'alarms', version: 7, by: 'mira' },
});

function storage(first: string | null) {
  const held = new Map<string, string>();
  return () => ({
    getItem: (key: string) => held.get(key) ?? first,
    setItem: (key: string, value: string) => void held.set(key, value),
  });
}

describe('deeds that are kept through a reload', () => {
  it('are those whose outcome nobody was told', () => {
    const kept = new KeptDeeds(storage(null));
    kept.keep(deed('a'));
    kept.keep(deed('b'));
    kept.drop(deed('a'));
    expect(kept.all()).toEqual([deed('b')]);
  });

  it('are none where the browser keeps nothing, or something else', () => {
    const forbidden = new KeptDeeds(() => {
      throw new DOMException('no', 'SecurityError');
    });
    forbidden.keep(deed('a'));
    expect(forbidden.all()).toEqual([]);
    for (const text of ['{', 'null', '{}', '[null]', '[{"key":"a"}]', JSON.stringify([{ ...deed('a'), sent: {} }])]) {
      expect(new KeptDeeds(storage(text)).all(), text).toEqual([]);
    }
  });
});

describe('what an answer says of a deed', () => {
  it.each([
    [409, 'refused'],
    [422, 'refused'],
    [429, 'refused'],
    [412, 'too-late'],
    [401, 'signed-out'],
    [500, 'unknown'],
    [503, 'unknown'],
  ])('%i: %s', (status, kind) => {
    expect(actOutcome({ kind: 'refused', status, detail: 'why', body: null }).kind).toBe(kind);
  });

  it('is unknown where there is none', () => {
    expect(actOutcome({ kind: 'unreachable', detail: 'no connection' })).toEqual({
      kind: 'unknown',
      detail: 'no connection',
    });
  });
});
