import { describe, expect, it } from 'vitest';
import { distinctKeys, keyMeant, type PageKey } from '../../../src/dashboard/keys/page-key.ts';

const KEYS: readonly PageKey[] = [
  { key: 'j', does: 'to the next one', run: () => undefined },
  { key: 'Enter', does: 'open it', run: null },
  { key: 'j', does: 'what lies under it', run: () => undefined },
];
const press = (key: string, more: object = {}) => ({ key, hasModifier: false, isTaken: false, ...more });

describe('a key of a page', () => {
  it('is the one that came last of two, and no key without one', () => {
    expect(keyMeant(press('j'), KEYS)?.does).toBe('to the next one');
    expect(keyMeant(press('J'), KEYS)).toBeNull();
  });

  it('is off with a modifier, in a field and in a dialog', () => {
    expect(keyMeant(press('j', { hasModifier: true }), KEYS)).toBeNull();
    expect(keyMeant(press('j', { isTaken: true }), KEYS)).toBeNull();
  });

  it('is listed once', () => {
    expect(distinctKeys(KEYS).map(({ does }) => does)).toEqual(['to the next one', 'open it']);
  });
});
