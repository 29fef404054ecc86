import { expect, it } from 'vitest';
import { consumerFollower } from '../../../src/server/follow-consumers.ts';
import type { ListedRule } from '../../../src/split/order.ts';
import type { ListedConsumer } from '../../../src/store/store.ts';
import { LateCalls } from '../../support/late-calls.ts';

const listed = (name: string): ListedConsumer => ({
  route: 'shop',
  name,
  keyHash: `hash of ${name}`,
  rule: 'canary',
  group: null,
  wave: null,
  due: null,
  contact: null,
  changedAt: 0,
});

/** A list that grows, and the names that the gateway has in force. */
function followed() {
  const calls = new LateCalls();
  const list: ListedConsumer[] = [];
  let inForce: readonly string[] = [];
  const port = calls.over({
    setConsumers: async (_route: string, _rules: unknown, names?: ReadonlyMap<string, string>) => {
      if (names?.has('hash of nobody')) throw new Error('no answer');
      inForce = [...(names ?? new Map<string, string>()).values()];
    },
  });
  const store = calls.over({
    list: async () => [...list],
    change: async () => undefined,
  });
  const known = new Map<string, readonly ListedRule[]>();
  const follow = consumerFollower({ consumers: store }, port, known);
  return { calls, list, follow, inForce: () => inForce, known };
}

it('a list that reaches the gateway late does not replace a newer one', async () => {
  const { calls, list, follow, inForce, known } = followed();
  calls.hold('setConsumers');
  list.push(listed('acme'));
  const first = follow('shop');
  await expect.poll(() => calls.waiting.length).toBe(1);
  calls.passOthers();
  list.push(listed('globex'));
  const second = follow('shop');
  await follow('basket');
  calls.release();
  await Promise.all([first, second]);
  expect(inForce()).toEqual(['acme', 'globex']);
  expect(known.get('shop')).toEqual([
    { name: 'acme', rule: 'canary' },
    { name: 'globex', rule: 'canary' },
  ]);
});

it('a list that could not be set holds up none after it', async () => {
  const { list, follow, inForce } = followed();
  list.push(listed('nobody'));
  await expect(follow('shop')).rejects.toThrow('no answer');
  list.splice(0, 1, listed('acme'));
  await follow('shop');
  expect(inForce()).toEqual(['acme']);
});
