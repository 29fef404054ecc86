// Serin's gateway with one route for each way to know a consumer. Arguments: the ports of stable and canary, a folder with `jwks.json`.
import { createGateway } from '../../../src/gateway/create-gateway.ts';
import type { ConsumerKey } from '../../../src/gateway/gateway.ts';
import { RULE } from '../../support/issuer.ts';

const [stablePort, canaryPort, folder = '.'] = process.argv.slice(2);
const [stable, canary] = [stablePort, canaryPort].map((port) => `http://127.0.0.1:${port}/`);
const WAYS: Readonly<Record<string, ConsumerKey>> = {
  key: { kind: 'header', name: 'x-api-key' },
  opaque: { kind: 'header', name: 'authorization' },
  jwt: { kind: 'jwt', name: 'authorization', rule: { ...RULE, jwks: { file: 'jwks.json' } } },
};

const gateway = createGateway({
  listen: { host: '127.0.0.1', port: 0 },
  routes: Object.entries(WAYS).map(([name, consumerKey]) => ({
    name,
    prefix: `/${name}`,
    host: null,
    stable: { url: stable ?? '', version: 'v1' },
    rewrite: true,
    hostHeader: 'upstream',
    sticky: { kind: 'request' },
    consumerKey,
    forceHeader: 'x-serin-version',
    showVersion: true,
  })),
  folder,
  trustedProxies: [],
  secret: Buffer.from('a secret for the benchmark, which nobody keeps'),
  onFault: ({ error }) => void Promise.reject(error),
  timeouts: { connectMs: 1_000, answerMs: 60_000, headersMs: 5_000, idleMs: 120_000 },
});
const { port } = await gateway.listen();
for (const route of Object.keys(WAYS)) {
  await gateway.setSplit({
    route,
    epoch: 1,
    rolloutId: null,
    stable: { url: stable ?? '', version: 'v1' },
    canary: { url: canary ?? '', version: 'v2' },
    canaryBps: 5_000,
    attempt: 1,
    consumerDefault: 'by-weight',
    forceAllowed: false,
    drainMs: 0,
    brakeAfter: null,
    failover: 'none',
    measure: { blockMs: 5_000, errorStatuses: ['5xx'] },
  });
  // Somebody has to be listed, or no credential is looked up.
  await gateway.setConsumers(route, new Map([['0'.repeat(64), 'canary']]));
}
process.on('disconnect', () => process.exit(0));
process.on('message', () => void gateway.tokens().then((totals) => process.send?.(totals)));
process.send?.({ port });
