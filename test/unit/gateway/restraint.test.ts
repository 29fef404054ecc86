import { expect, it } from 'vitest';
import { Restraint } from '../../../src/gateway/mirror/restraint.ts';

it('few more requests are copied than may be sent, however many come', () => {
  let now = 0;
  const restraint = new Restraint({ perSecond: 20, concurrency: 10 }, () => now);
  let copied = 0;
  let sent = 0;
  for (; now < 10_000; now += 0.2) {
    if (restraint.draw() !== null) continue;
    copied += 1;
    if (restraint.enter() !== null) continue;
    sent += 1;
    restraint.left();
  }
  expect(sent).toBeGreaterThan(195);
  expect(copied).toBeLessThan(4 * 205);
});

it('nothing is copied while nothing may be sent', () => {
  let now = 0;
  const restraint = new Restraint({ perSecond: 20, concurrency: 1 }, () => now);
  expect([restraint.draw(), restraint.enter(), restraint.draw()]).toEqual([null, null, 'concurrency']);
  restraint.left();
  for (let at = 0; at < 5; at += 1) restraint.own('failure');
  expect(restraint.draw()).toBe('canary-suffers');
  now = 6_000;
  expect(restraint.draw()).toBeNull();
});
