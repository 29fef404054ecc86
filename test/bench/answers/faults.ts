import { ORDER_FIELDS } from './toy-document.ts';
import type { LoggedLine, Version } from './toy-orders.ts';

/** The check that has to see it. */
export type SeenBy = 'responseShape' | 'answers' | 'logs' | 'content';

/** One way in which a version is broken that answers 200 at the usual speed. */
export interface Fault {
  readonly name: string;
  readonly seenBy: SeenBy;
  readonly canary: Version;
  /** Of the usual traffic, for what is seldom: as many times as much. */
  readonly traffic?: number;
  /** What has to be named for it to be found, in the reason of the verdict or among the differences. */
  readonly names: RegExp;
}

type Fields = Readonly<Record<string, unknown>>;

const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
const declaredWithout = (name: string) =>
  Object.fromEntries(Object.entries(ORDER_FIELDS).filter(([key]) => key !== name));
const calls = ({ fields }: LoggedLine) => 'url.full' in fields;
const of = ({ id }: Fields) => Number(id);

export const FAULTS: readonly Fault[] = [
  {
    name: 'wrong value',
    seenBy: 'answers',
    canary: { order: (order) => (of(order) % 5 === 0 ? { ...order, amount: Number(order['amount']) + 1 } : order) },
    names: /\/amount/,
  },
  {
    name: 'missing downstream call',
    seenBy: 'logs',
    canary: { lines: (lines) => lines.filter((line) => !calls(line)) },
    names: /pricing\.internal/,
  },
  {
    name: 'doubled call',
    seenBy: 'logs',
    canary: { lines: (lines) => lines.flatMap((line) => (calls(line) ? [line, line] : [line])) },
    names: /pricing\.internal/,
  },
  {
    name: 'wrong return',
    seenBy: 'answers',
    canary: { order: (order) => ({ ...order, customer: { id: 0, name: 'Customer 0' } }) },
    names: /\/customer\/(?:id|name)/,
  },
  {
    name: 'renamed field',
    seenBy: 'responseShape',
    canary: {
      order: (order) => ({ ...without(order, 'amount'), total: order['amount'] }),
      declares: { ...declaredWithout('amount'), total: { type: 'integer' } },
    },
    names: /\/amount/,
  },
  {
    name: 'type change',
    seenBy: 'responseShape',
    canary: { order: (order) => ({ ...order, amount: String(order['amount']) }) },
    names: /\/amount/,
  },
  {
    name: 'field dropped in 1 % of answers',
    traffic: 3,
    seenBy: 'responseShape',
    canary: { order: (order, _, random) => (random() < 0.01 ? without(order, 'currency') : order) },
    names: /\/currency/,
  },
  {
    name: 'new enum value',
    seenBy: 'responseShape',
    canary: { order: (order, _, random) => (random() < 0.03 ? { ...order, state: 'REFUNDED' } : order) },
    names: /\/state/,
  },
  {
    name: 'array reordered',
    seenBy: 'answers',
    canary: {
      order: (order) => ({ ...order, items: Array.isArray(order['items']) ? order['items'].toReversed() : [] }),
    },
    names: /\/items/,
  },
  {
    name: 'default changed',
    seenBy: 'answers',
    canary: { order: (order) => ({ ...order, express: true }) },
    names: /\/express/,
  },
  {
    name: 'null for an empty list',
    seenBy: 'responseShape',
    canary: {
      order: (order) => {
        const { discounts } = order;
        return { ...order, discounts: Array.isArray(discounts) && discounts.length === 0 ? null : discounts };
      },
    },
    names: /\/discounts/,
  },
  {
    name: 'date format changed',
    seenBy: 'responseShape',
    canary: {
      order: (order) => ({
        ...order,
        createdAt: String(order['createdAt']).replace(/^(\d+)-(\d+)-(\d+).*/, '$2/$3/$1'),
      }),
    },
    names: /\/createdAt/,
  },
  {
    name: 'pagination total off',
    seenBy: 'answers',
    canary: { list: (list) => ({ ...list, total: Number(list['total']) - 1 }) },
    names: /\/total/,
  },
  {
    name: 'error body inside a 200',
    seenBy: 'content',
    canary: {
      order: (order, _, random) => (random() < 0.05 ? { error: { code: 'UNAVAILABLE', message: 'try again' } } : order),
    },
    names: /errors in the body/,
  },
  {
    name: 'new swallowed exception',
    seenBy: 'logs',
    canary: {
      lines: (lines, random) =>
        random() < 0.02
          ? [
              ...lines,
              {
                level: 'error',
                logger: 'orders.Prices',
                message: `NullPointerException while pricing, ignored: order ${Math.floor(random() * 1e6)}`,
                fields: { request_id: 'x', customer_id: 1 },
              },
            ]
          : lines,
    },
    names: /NullPointerException/,
  },
  {
    name: 'log field gone',
    seenBy: 'logs',
    canary: {
      lines: (lines) =>
        lines.map(({ fields, ...line }) => ({
          ...line,
          fields: Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'customer_id')),
        })),
    },
    names: /customer_id/,
  },
];
