import { localRouter } from '../../src/routers/local.ts';
import { noRouter } from '../../src/routers/none.ts';
import type { TrafficRouter } from '../../src/routers/router.ts';
import { orderTo, type RunningGateway, routeTo, startGateway, startToy } from '../support/gateway.ts';
import { LateCalls } from '../support/late-calls.ts';
import { askRaw, fieldOf, get } from '../support/raw-client.ts';
import { type RouterBench, routerContract } from './router-contract.ts';

const REQUESTS = 20;

/** Two versions behind a gateway; the router that is made may be its own, or of another split. */
async function bench(make: (gateway: RunningGateway, calls: LateCalls) => TrafficRouter): Promise<RouterBench> {
  const [stable, canary] = await Promise.all([startToy('v1'), startToy('v2')]);
  const gateway = await startGateway([routeTo(stable.url)]);
  const calls = new LateCalls();
  return {
    router: make(gateway, calls),
    calls,
    order: (epoch, canaryBps) => orderTo(stable.url, canary.url, { epoch, canaryBps }),
    async share() {
      const answers = await Promise.all(Array.from({ length: REQUESTS }, () => askRaw(gateway.port, get('/'))));
      return answers.filter(({ headers }) => fieldOf(headers, 'x-serin-version') === 'v2').length / REQUESTS;
    },
  };
}

routerContract('gateway', () => bench((gateway, calls) => localRouter(calls.over(gateway))));

routerContract('none', () => bench(() => noRouter(() => ['shop'])));
