// The gateway alone in a process, whose split is changed a hundred times a second and whose blocks are added up.
import { createGateway } from '../../src/gateway/create-gateway.ts';
import type { SplitOrder } from '../../src/split/order.ts';
import type { Block } from '../../src/stats/block.ts';

export type ToHost = 'change' | 'to-stable' | 'sums';

export type FromHost = { readonly port: number } | HostSums;

/** Of all blocks: an order's requests stand in one block, under the weight that it had. */
export interface HostSums {
  readonly changes: number;
  readonly stable: number;
  readonly canary: number;
  readonly canaryAtZero: number;
  readonly stableAtAll: number;
  readonly blocksAtZero: number;
}

const WEIGHTS = [0, 2_500, 10_000, 0];
const CHANGE_EVERY_MS = 10;
const COLLECT_EVERY_MS = 500;
const SLOW_AFTER_MS = 10_000;

const [stable = '', canary = ''] = process.argv.slice(2).map((port) => `http://127.0.0.1:${port}/`);
const gateway = createGateway({
  listen: { host: '127.0.0.1', port: 0 },
  routes: [
    {
      name: 'soak',
      prefix: '/',
      host: null,
      stable: { url: stable, version: 'v1' },
      rewrite: true,
      hostHeader: 'upstream',
      sticky: { kind: 'request' },
      consumerKey: null,
      forceHeader: 'x-serin-version',
      showVersion: true,
    },
  ],
  trustedProxies: [],
  secret: Buffer.from('a secret for the soak, which nobody keeps'),
  onFault: ({ error }) => void Promise.reject(error),
  timeouts: { connectMs: 2_000, answerMs: 10_000, headersMs: 5_000, idleMs: 60_000 },
});

const sums = { changes: 0, stable: 0, canary: 0, canaryAtZero: 0, stableAtAll: 0, blocksAtZero: 0 };
let cursor: string | null = null;
let changing: NodeJS.Timeout | null = null;

async function change(canaryBps: number): Promise<void> {
  sums.changes++;
  const order: SplitOrder = {
    route: 'soak',
    rolloutId: null,
    consumerDefault: null,
    forceAllowed: false,
    drainMs: 0,
    brakeAfter: null,
    failover: 'none',
    measure: { blockMs: 60_000, errorStatuses: ['5xx'] },
    epoch: sums.changes,
    stable: { url: stable, version: 'v1' },
    canary: { url: canary, version: 'v2' },
    canaryBps,
  };
  await gateway.setSplit(order);
}

async function collect(): Promise<void> {
  const collected = await gateway.collect('soak', cursor, SLOW_AFTER_MS);
  cursor = collected.cursor;
  for (const block of collected.blocks) add(block);
}

/** The block that is open is closed by another split. */
async function close(): Promise<void> {
  await change(0);
  await collect();
  process.send?.({ ...sums } satisfies FromHost);
}

function add({ canaryBps, stable: ofStable, canary: ofCanary }: Block): void {
  const onStable = ofStable?.requests ?? 0;
  const onCanary = ofCanary?.requests ?? 0;
  sums.stable += onStable;
  sums.canary += onCanary;
  if (canaryBps === 0) {
    sums.blocksAtZero++;
    sums.canaryAtZero += onCanary;
  }
  if (canaryBps === 10_000) sums.stableAtAll += onStable;
}

function obey(message: ToHost): void {
  switch (message) {
    case 'change': {
      let owed = performance.now();
      changing = setInterval(() => {
        for (; owed < performance.now(); owed += CHANGE_EVERY_MS)
          void change(WEIGHTS[sums.changes % WEIGHTS.length] ?? 0);
      }, CHANGE_EVERY_MS);
      return;
    }
    case 'to-stable':
      if (changing) clearInterval(changing);
      void change(0);
      return;
    case 'sums':
      void close();
  }
}

setInterval(() => void collect(), COLLECT_EVERY_MS);
process.on('message', obey);
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
await change(0);
const { port } = await gateway.listen();
process.send?.({ port } satisfies FromHost);
