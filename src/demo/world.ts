// A second process next to Serin: the upstreams and their users.
import { GOOD_CHAT } from './chat-answer.ts';
import { type LogDestination, type LogSender, startLogSender } from './log-sender.ts';
import type { PlayName, Version } from './plays.ts';
import { startToyChat } from './toy-chat.ts';
import type { OrderForm } from './toy-order.ts';
import { startToyUpstream } from './toy-upstream.ts';
import { startTraffic, type Traffic, type TrafficCounts } from './traffic.ts';

export type ToWorld =
  | {
      readonly kind: 'traffic';
      readonly gatewayUrl: string;
      readonly path: string;
      readonly perSecond: number;
      readonly forMs: number;
      readonly bodies: readonly string[];
    }
  | { readonly kind: 'logs'; readonly destination: LogDestination }
  | { readonly kind: 'integration-tests'; readonly paths: readonly string[] };

export type FromWorld =
  | { readonly kind: 'upstreams'; readonly urls: UpstreamUrls }
  | { readonly kind: 'counts'; readonly counts: TrafficCounts }
  | { readonly kind: 'tested' };

/** By version. */
export type UpstreamUrls = Readonly<Partial<Record<Version, string>>>;

const USERS = 50_000;
const ANYWHERE = { host: '127.0.0.1', port: 0 };
const HEALTHY = { ...ANYWHERE, errorRate: 0.002, p50Ms: 40, p99Ms: 160 };
const HARMFUL = { ...ANYWHERE, errorRate: 0.05, p50Ms: 60, p99Ms: 260 };
const MODEL = { ...ANYWHERE, ...GOOD_CHAT };
/** Its head comes as fast, and every status is 200. */
const LATE_MODEL = { ...MODEL, firstTokenMs: 2 * GOOD_CHAT.firstTokenMs };

interface Upstream {
  readonly url: string;
  close(): Promise<void>;
}

const shop = (version: Version, behaviour: typeof HEALTHY, orders: OrderForm = 'amount') =>
  startToyUpstream({ ...behaviour, version, orders, log: (lines) => logs?.add(version, lines) });

const UPSTREAMS: Readonly<Record<PlayName, () => Promise<Readonly<Partial<Record<Version, Upstream>>>>>> = {
  shop: async () => ({
    v1: await shop('v1', HEALTHY),
    v2: await shop('v2', HEALTHY),
    v3: await shop('v3', HARMFUL),
    v4: await shop('v4', HEALTHY, 'total'),
  }),
  llm: async () => ({
    v1: await startToyChat({ version: 'v1', seed: 1, ...MODEL }),
    v2: await startToyChat({ version: 'v2', seed: 2, ...LATE_MODEL }),
    v3: await startToyChat({ version: 'v3', seed: 3, ...MODEL }),
  }),
};

const ignore = () => undefined;
/** A message that cannot be delivered is dropped: 'disconnect' ends this process. */
const say = (message: FromWorld) => process.send?.(message, undefined, {}, ignore);

let traffic: Traffic | null = null;
/** Set once Serin takes them. */
let logs: LogSender | null = null;
const started = await UPSTREAMS[process.argv[2] === 'llm' ? 'llm' : 'shop']();

process.on('message', (message: ToWorld) => {
  switch (message.kind) {
    case 'traffic':
      traffic = startTraffic({ ...message, users: USERS });
      break;
    case 'logs':
      logs = startLogSender(message.destination);
      break;
    case 'integration-tests':
      void traffic?.forced(message.paths).then(() => say({ kind: 'tested' }));
      break;
  }
});
process.on('disconnect', () => void end(Object.values(started)));
process.on('SIGINT', ignore);

setInterval(() => {
  if (traffic) say({ kind: 'counts', counts: traffic.counts() });
}, 250).unref();

say({
  kind: 'upstreams',
  urls: Object.fromEntries(Object.entries(started).map(([version, { url }]) => [version, url])),
});

async function end(upstreams: readonly Upstream[]): Promise<void> {
  logs?.stop();
  await traffic?.stop();
  await Promise.all(upstreams.map((upstream) => upstream.close()));
  process.exit(0);
}
