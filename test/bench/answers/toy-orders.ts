import type { Random } from '../../support/random.ts';

/** What a client asks for. */
export interface Asked {
  readonly kind: 'order' | 'list';
  /** Of the order, or the number of the page. */
  readonly id: number;
  readonly user: number;
}

/** A line of the log, with the fields that OpenTelemetry gives to calls of other services. */
export interface LoggedLine {
  readonly level: 'error' | 'warn' | 'info';
  readonly logger: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a version answers and logs. */
export interface Answered {
  readonly status: number;
  readonly body: Fields;
  readonly lines: readonly LoggedLine[];
}

/** What one version does otherwise; each fault changes one of these. */
export interface Version {
  readonly order?: (order: Fields, asked: Asked, random: Random) => Fields;
  readonly list?: (list: Fields) => Fields;
  /** The fields of its orders by its OpenAPI document, where that says otherwise than the stable's. */
  readonly declares?: Readonly<Record<string, Fields>>;
  readonly lines?: (lines: readonly LoggedLine[], random: Random) => readonly LoggedLine[];
}

const STATES = ['OPEN', 'PAID', 'SHIPPED', 'DELIVERED'] as const;
const TAGS = ['new', 'gift', 'fragile', 'heavy', 'cold'];
const PAGE = 10;
/** Orders that there are. */
const ORDERS = 5_000;
/** Shares of the answers. */
const RARE_NOTE = 0.02;
const ERROR_BODY = 0.001;
/** One user of so many has the flag. */
const FLAGGED = 10;

/** Uniform in [0, 1) by two numbers, so that both versions know the same orders. */
function fixed(id: number, salt: number): number {
  const mixed = Math.imul((id + 1) ^ Math.imul(salt, 0x9e3779b1), 0x85ebca6b);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
}

/** The order itself, without what differs from one answer to the next. */
function storedOrder(id: number): Fields {
  const count = 1 + Math.floor(4 * fixed(id, 1));
  const items = Array.from({ length: count }, (_, at) => ({
    sku: `S-${Math.floor(9_000 * fixed(id, 10 + at))}`,
    quantity: 1 + Math.floor(3 * fixed(id, 20 + at)),
    price: 100 + Math.floor(9_000 * fixed(id, 30 + at)),
  }));
  return {
    id,
    state: STATES[Math.floor(STATES.length * fixed(id, 2))],
    amount: items.reduce((sum, { quantity, price }) => sum + quantity * price, 0),
    currency: 'EUR',
    createdAt: new Date(1_760_000_000_000 + Math.floor(1e10 * fixed(id, 3))).toISOString(),
    customer: { id: Math.floor(1e6 * fixed(id, 4)), name: `Customer ${id % 97}` },
    items,
    discounts: fixed(id, 5) < 0.3 ? [{ code: 'SPRING', percent: 10 }] : [],
    express: fixed(id, 6) < 0.1,
  };
}

/** What no two answers have alike: times, ids, order, what is rare, and what a flag of the user adds. */
function withNoise(order: Fields, { user }: Asked, random: Random): Fields {
  return {
    ...order,
    ...(random() < RARE_NOTE ? { note: `left at the door ${Math.floor(random() * 1e6)}` } : {}),
    ...(user % FLAGGED === 0 ? { beta: { layout: 'wide', score: Math.floor(random() * 100) } } : {}),
    servedAt: new Date(1_790_000_000_000 + Math.floor(random() * 1e9)).toISOString(),
    traceId: Array.from({ length: 4 }, () =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join(''),
    tags: TAGS.map((tag) => ({ tag, at: random() }))
      .toSorted((one, other) => one.at - other.at)
      .map(({ tag }) => tag),
    recommended: Array.from({ length: 1 + Math.floor(random() * 3) }, () => `S-${Math.floor(random() * 9_000)}`),
  };
}

function storedList(page: number): Fields {
  const items = Array.from({ length: PAGE }, (_, at) => {
    const { id, amount, state } = storedOrder((page * PAGE + at) % ORDERS);
    return { id, amount, state };
  });
  return { items, page, total: ORDERS, next: page * PAGE + PAGE < ORDERS ? `/orders?page=${page + 1}` : null };
}

function loggedLines({ kind, id, user }: Asked, random: Random): readonly LoggedLine[] {
  const common = { request_id: Math.floor(random() * 2 ** 32).toString(16), customer_id: user };
  const line = (level: LoggedLine['level'], logger: string, message: string, more: LoggedLine['fields'] = {}) => ({
    level,
    logger,
    message,
    fields: { ...common, ...more },
  });
  return [
    line('info', 'orders.Api', `${kind} ${id} asked for by user ${user}`),
    line('info', 'orders.Store', `read in ${Math.floor(random() * 30)} ms`, { 'db.system': 'postgresql' }),
    ...(kind === 'order'
      ? [line('info', 'orders.Prices', `priced order ${id}`, { 'url.full': `http://pricing.internal/price/${id}` })]
      : []),
    ...(random() < 0.01 ? [line('warn', 'orders.Store', `slow query of ${Math.floor(random() * 900)} ms`)] : []),
    ...(random() < 0.002 ? [line('error', 'orders.Mail', `cannot send mail to user ${user}: timeout`)] : []),
  ];
}

/** One answer of a version, and what it logs meanwhile. */
export function answerOf({ order, list, lines }: Version, asked: Asked, random: Random): Answered {
  const logged = loggedLines(asked, random);
  const said = lines ? lines(logged, random) : logged;
  if (random() < ERROR_BODY) {
    return { status: 200, body: { error: { code: 'UNAVAILABLE', message: 'try again' } }, lines: said };
  }
  if (asked.kind === 'list') {
    const stored = storedList(asked.id % (ORDERS / PAGE));
    return {
      status: 200,
      body: { ...(list ? list(stored) : stored), servedAt: new Date().toISOString() },
      lines: said,
    };
  }
  const stored = storedOrder(asked.id % ORDERS);
  const body = withNoise(order ? order(stored, asked, random) : stored, asked, random);
  return { status: 200, body, lines: said };
}

/** What the next client asks for. */
export function nextAsked(random: Random): Asked {
  return {
    kind: random() < 0.8 ? 'order' : 'list',
    id: Math.floor(random() * ORDERS),
    user: Math.floor(random() * 1_000),
  };
}

export function pathOf({ kind, id }: Asked): string {
  return kind === 'order' ? `/orders/${id}` : `/orders?page=${id % (ORDERS / PAGE)}`;
}

/** The same, read by the service; null for what it does not serve. */
export function askedOf(path: string, user: number): Asked | null {
  const order = /\/orders\/(\d+)$/.exec(path);
  if (order) return { kind: 'order', id: Number(order[1]), user };
  const list = /\/orders\?page=(\d+)$/.exec(path);
  return list ? { kind: 'list', id: Number(list[1]), user } : null;
}
