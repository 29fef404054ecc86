// A second process next to Serin: the upstreams and their users.
import { startToyUpstream, type ToyUpstream } from './toy-upstream.ts';
import { startTraffic, type Traffic, type TrafficCounts } from './traffic.ts';

export type ToWorld =
  | {
      readonly kind: 'traffic';
      readonly gatewayUrl: string;
      readonly path: string;
      readonly perSecond: number;
      readonly forMs: number;
    }
  | { readonly kind: 'integration-tests'; readonly count: number; readonly path: string };

export type FromWorld =
  | { readonly kind: 'upstreams'; readonly urls: Readonly<Record<'v1' | 'v2' | 'v3', string>> }
  | { readonly kind: 'counts'; readonly counts: TrafficCounts }
  | { readonly kind: 'tested' };

const USERS = 50_000;
const ANYWHERE = { host: '127.0.0.1', port: 0 };
const HEALTHY = { ...ANYWHERE, errorRate: 0.002, p50Ms: 40, p99Ms: 160 };
const HARMFUL = { ...ANYWHERE, errorRate: 0.05, p50Ms: 60, p99Ms: 260 };

const ignore = () => undefined;
/** A message that cannot be delivered is dropped: 'disconnect' ends this process. */
const say = (message: FromWorld) => process.send?.(message, undefined, {}, ignore);

const started = await Promise.all([
  startToyUpstream({ version: 'v1', ...HEALTHY }),
  startToyUpstream({ version: 'v2', ...HEALTHY }),
  startToyUpstream({ version: 'v3', ...HARMFUL }),
]);
const [v1, v2, v3] = started;
let traffic: Traffic | null = null;

process.on('message', (message: ToWorld) => {
  switch (message.kind) {
    case 'traffic':
      traffic = startTraffic({ ...message, users: USERS });
      break;
    case 'integration-tests':
      void traffic?.forced(message.count, message.path).then(() => say({ kind: 'tested' }));
      break;
  }
});
process.on('disconnect', () => void end(started));
process.on('SIGINT', ignore);

setInterval(() => {
  if (traffic) say({ kind: 'counts', counts: traffic.counts() });
}, 250).unref();

say({ kind: 'upstreams', urls: { v1: v1.url, v2: v2.url, v3: v3.url } });

async function end(upstreams: readonly ToyUpstream[]): Promise<void> {
  await traffic?.stop();
  await Promise.all(upstreams.map((upstream) => upstream.close()));
  process.exit(0);
}
