/** Under which name an order says what it costs. */
export type OrderForm = 'amount' | 'total';

/** A line of the log of a toy shop. */
export interface ShopLine {
  readonly time: string;
  readonly level: 'info' | 'error';
  readonly logger: string;
  readonly message: string;
}

/** The end of a path that an integration test asks for: it does not fail by chance. */
export const OF_TEST = '?test';

const CURRENCIES = ['EUR', 'USD', 'GBP'];
const ITEMS = ['seed', 'cage', 'swing', 'mirror'];
const PLACED_FROM = Date.UTC(2026, 0, 1);
/** The share of the orders that still have to be booked. */
const OPEN_SHARE = 0.2;

/** The number of the order that a path asks for; null for any other path. */
export function orderOf(path: string): number | null {
  const [, number] = /^\/orders\/(\d{1,9})(?:\?|$)/.exec(path) ?? [];
  return number === undefined ? null : Number(number);
}

/** An order as a shop answers it; the same numbers make the same one. */
export function drawOrder(number: number, form: OrderForm, random: () => number): Readonly<Record<string, unknown>> {
  const items = Array.from({ length: 1 + Math.floor(3 * random()) }, () => ({
    name: ITEMS[Math.floor(ITEMS.length * random())],
    quantity: 1 + Math.floor(5 * random()),
  }));
  // Never a whole number, which would be of another type now and then.
  const cents = 100 + 10 * Math.floor(990 * random()) + 5;
  return {
    id: number,
    status: random() < OPEN_SHARE ? 'OPEN' : 'PAID',
    [form]: cents / 100,
    currency: CURRENCIES[Math.floor(CURRENCIES.length * random())],
    items,
    placedAt: new Date(PLACED_FROM + Math.floor(3e10 * random())).toISOString(),
  };
}

/**
 * What a shop logs of an order that it has answered. Its bookkeeping reads `amount`: where that is called otherwise, an open order
 * is not booked, and no client is told.
 */
export function linesOfOrder(order: Readonly<Record<string, unknown>>, ms: number): readonly ShopLine[] {
  const time = new Date().toISOString();
  const { id, status, amount } = order;
  const answered = {
    time,
    level: 'info',
    logger: 'shop.Orders',
    message: `order ${String(id)} answered in ${ms} ms`,
  } as const;
  if (status !== 'OPEN' || amount !== undefined) return [answered];
  const message = `order ${String(id)} is not booked: amount is undefined`;
  return [answered, { time, level: 'error', logger: 'shop.Ledger', message }];
}
