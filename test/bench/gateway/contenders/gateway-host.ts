// Serin's gateway without a control plane. Arguments: on|off (the fast path), the ports of stable and canary.
import { createGateway } from '../../../../src/gateway/create-gateway.ts';

const [fastPath, stablePort, canaryPort] = process.argv.slice(2);
const stable = { url: `http://127.0.0.1:${stablePort}/`, version: 'v1' };

const gateway = createGateway({
  listen: { host: '127.0.0.1', port: 0 },
  fastPath: fastPath === 'on' ? 'on' : 'off',
  limits: { connections: 20_000, connectionsPerAddress: 20_000 },
  routes: [
    {
      name: 'bench',
      prefix: '/',
      host: null,
      stable,
      rewrite: true,
      hostHeader: 'upstream',
      sticky: { kind: 'header', name: 'x-user' },
      consumerKey: { kind: 'header', name: 'x-api-key' },
      forceHeader: 'x-serin-version',
      showVersion: true,
    },
  ],
  trustedProxies: [],
  secret: Buffer.from('a secret for the benchmark, which nobody keeps'),
  onFault: ({ error }) => void Promise.reject(error),
  timeouts: { connectMs: 1_000, answerMs: 60_000, headersMs: 5_000, idleMs: 120_000 },
});
await gateway.setSplit({
  route: 'bench',
  epoch: 1,
  rolloutId: null,
  stable,
  canary: { url: `http://127.0.0.1:${canaryPort}/`, version: 'v2' },
  canaryBps: 5_000,
  consumerDefault: 'by-weight',
  forceAllowed: false,
  drainMs: 0,
  brakeAfter: null,
  failover: 'none',
  measure: { blockMs: 5_000, errorStatuses: ['5xx'] },
});

process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.send?.(await gateway.listen());
