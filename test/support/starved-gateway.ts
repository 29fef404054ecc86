// Run as a process of its own: a gateway whose canary gets everything, and which has no descriptor left when it is told so.
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGateway } from '../../src/gateway/create-gateway.ts';
import { orderTo, rethrow, routeTo, SECRET } from './gateway.ts';
import { httpUpstream } from './upstream.ts';

const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);

const upstream = await httpUpstream((_incoming, outgoing) => outgoing.end('ok'));
const gateway = createGateway({
  listen: { host: '127.0.0.1', port: 0 },
  routes: [routeTo(upstream.url)],
  trustedProxies: [],
  secret: SECRET,
  onFault: rethrow,
  timeouts: { connectMs: 2_000, answerMs: 5_000, headersMs: 60_000, idleMs: 60_000 },
});
await gateway.setSplit(orderTo(upstream.url, upstream.url, { canaryBps: 10_000, failover: 'stable', brakeAfter: 1 }));
const { port } = await gateway.listen();
say({ port });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'starve') {
    let code: unknown = null;
    while (code === null) {
      try {
        openSync('/dev/null', 'r');
      } catch (error) {
        code = error instanceof Error && 'code' in error ? error.code : String(error);
      }
    }
    say({ code });
  }
  if (line === 'totals') say((await gateway.totals()).find(({ track }) => track === 'canary')?.outcomes);
}
process.exit(0);
