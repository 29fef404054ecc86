import { expect, it } from 'vitest';
import { steadyOrder } from '../../../src/rollout/split-order.ts';
import { noRouter } from '../../../src/routers/none.ts';

const signal = new AbortController().signal;
const order = (epoch: number, route = 'shop') => steadyOrder(route, { url: 'http://shop/', version: 'v1' }, epoch);

it('router: none remembers which advice was given when, and nothing else', async () => {
  let now = 1_000;
  const router = noRouter(
    () => ['shop', 'basket'],
    () => now,
  );
  expect(await router.observe('shop', signal)).toBeNull();
  await router.apply(order(4), signal);
  now = 2_000;
  await router.apply(order(4), signal);
  await router.apply(order(3), signal);
  expect(await router.observe('shop', signal)).toEqual({ epoch: 4, since: 1_000, basis: 'advised' });
  await router.apply(order(5), signal);
  expect(await router.observe('shop', signal)).toEqual({ epoch: 5, since: 2_000, basis: 'advised' });
  expect(await router.observe('basket', signal)).toBeNull();
});
