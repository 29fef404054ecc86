import { inject, onTestFinished } from 'vitest';
import { startToyUpstream, type ToyOptions, type ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { createGateway } from '../../src/gateway/create-gateway.ts';
import type { Gateway, GatewayOptions, GatewayRoute } from '../../src/gateway/gateway.ts';
import { Faults, type OnFault } from '../../src/gateway/http/faults.ts';
import type { SplitOrder } from '../../src/split/order.ts';

/** A bug that the gateway contains is one all the same: here it ends the run. */
export const rethrow: OnFault = ({ error }) => {
  queueMicrotask(() => {
    throw error;
  });
};

/** For the parts of a gateway. */
export const noFaults = new Faults(rethrow);

export const SECRET = Buffer.from('a test secret of some length');

/** A route with nothing special about it, to the given stable. */
export function routeTo(stableUrl: string, more: Partial<GatewayRoute> = {}): GatewayRoute {
  return {
    name: 'shop',
    prefix: '/',
    host: null,
    stable: { url: stableUrl, version: 'v1' },
    rewrite: true,
    hostHeader: 'upstream',
    sticky: { kind: 'request' },
    consumerKey: null,
    forceHeader: 'x-version',
    showVersion: true,
    ...more,
  };
}

/** An order for that route; without `canaryUrl` nothing is rolled out. */
export function orderTo(stableUrl: string, canaryUrl: string | null, more: Partial<SplitOrder> = {}): SplitOrder {
  return {
    route: 'shop',
    epoch: 1,
    rolloutId: null,
    stable: { url: stableUrl, version: 'v1' },
    canary: canaryUrl === null ? null : { url: canaryUrl, version: 'v2' },
    canaryBps: 0,
    attempt: 1,
    consumerDefault: null,
    forceAllowed: true,
    drainMs: 0,
    brakeAfter: null,
    failover: 'none',
    measure: { blockMs: 60_000, errorStatuses: ['5xx'] },
    ...more,
  };
}

export interface RunningGateway extends Gateway {
  readonly port: number;
  readonly url: string;
}

type TestOptions = Partial<Omit<GatewayOptions, 'timeouts'>> & {
  readonly timeouts?: Partial<GatewayOptions['timeouts']>;
};

declare module 'vitest' {
  interface ProvidedContext {
    /** By which path the gateways of this run serve; the configuration runs the wire suite once by each. */
    readonly fastPath?: 'on' | 'off';
  }
}

/** A gateway on a free port, closed when the test ends. */
export async function startGateway(
  routes: readonly GatewayRoute[],
  options: TestOptions = {},
): Promise<RunningGateway> {
  const gateway = createGateway({
    listen: { host: '127.0.0.1', port: 0 },
    trustedProxies: [],
    secret: SECRET,
    fastPath: inject('fastPath') ?? 'on',
    onFault: rethrow,
    ...options,
    routes,
    timeouts: { connectMs: 2_000, answerMs: 5_000, headersMs: 5_000, idleMs: 10_000, ...options.timeouts },
  });
  const { port } = await gateway.listen();
  onTestFinished(() => gateway.close(0));
  return { ...gateway, port, url: `http://127.0.0.1:${port}` };
}

/** A toy upstream that answers at once, closed when the test ends. */
export async function startToy(version: string, more: Partial<ToyOptions> = {}): Promise<ToyUpstream> {
  const quick = { host: '127.0.0.1', port: 0, version, errorRate: 0, p50Ms: 0, p99Ms: 0, ...more };
  const toy = await startToyUpstream(quick);
  onTestFinished(() => toy.close());
  return toy;
}

/** Closes something when the test ends. */
export async function using<Closable extends { close(): Promise<void> }>(
  starting: Promise<Closable>,
): Promise<Closable> {
  const closable = await starting;
  onTestFinished(() => closable.close());
  return closable;
}
