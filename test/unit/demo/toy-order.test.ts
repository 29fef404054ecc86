import { expect, it } from 'vitest';
import { uniformDraws } from '../../../src/demo/draws.ts';
import { drawOrder, linesOfOrder, type OrderForm, orderOf } from '../../../src/demo/toy-order.ts';

const drawn = (form: OrderForm) => {
  const random = uniformDraws(7);
  return Array.from({ length: 200 }, (_, number) => drawOrder(number, form, random));
};

it('an order of the shop differs in the one name, and in nothing else', () => {
  const [known, renamed] = [drawn('amount'), drawn('total')];
  const withAmount = renamed.map(({ total, ...order }) => ({ ...order, amount: total }));
  expect(withAmount).toEqual(known);
  expect(known.every(({ amount }) => typeof amount === 'number' && !Number.isInteger(amount))).toBe(true);
});

it('its bookkeeping fails where it finds no amount, and no client is told', () => {
  const errors = (form: OrderForm) =>
    drawn(form)
      .flatMap((order) => linesOfOrder(order, 3))
      .filter(({ level }) => level === 'error');
  expect(errors('amount')).toEqual([]);
  const booked = errors('total');
  expect(booked.length).toBeGreaterThan(20);
  expect(booked[0]).toMatchObject({
    logger: 'shop.Ledger',
    message: expect.stringMatching(/^order \d+ is not booked: /),
  });
});

it('knows the path of an order from any other', () => {
  expect(['/orders/42', '/orders/42?full=1', '/orders', '/orders/x', '/healthz'].map(orderOf)).toEqual([
    42,
    42,
    null,
    null,
    null,
  ]);
});
