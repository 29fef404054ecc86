import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/server/new-id.ts';
import { idAt } from '../../support/rollout-fixture.ts';

describe('an id is greater than the one before it', () => {
  it('whatever the clock was set to meanwhile', () => {
    const before = idAt(Date.UTC(2040, 0, 1));
    const ids = [newId(before)];
    for (let at = 0; at < 100; at += 1) ids.push(newId(ids.at(-1)));
    for (const [at, id] of ids.entries()) expect(id > (ids[at - 1] ?? before)).toBe(true);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('and is of now where the clock is well', () => {
    const id = newId(idAt(Date.UTC(2020, 0, 1)));
    const at = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
  });
});
