// oxlint-disable vitest/valid-title -- this makes a suite out of what it is given
import { describe, expect, it } from 'vitest';
import type { TrafficRouter } from '../../src/routers/router.ts';
import { capabilitiesOf, type RouterName } from '../../src/split/capabilities.ts';
import type { SplitOrder } from '../../src/split/order.ts';
import type { LateCalls } from '../support/late-calls.ts';

/** A router that has the route `shop`, and the traffic of that route, which nothing was ordered for yet. */
export interface RouterBench {
  readonly router: TrafficRouter;
  /** What the router asks of its data plane; not used by one that asks nothing. */
  readonly calls: LateCalls;
  order(epoch: number, canaryBps: number): SplitOrder;
  /** Share of the canary among some requests of now, 0..1. */
  share(): Promise<number>;
}

const signal = () => AbortSignal.timeout(10_000);
const notFound = expect.objectContaining({ code: 'not-found' });

/** What the controller relies on, whatever the router. */
export function routerContract(name: RouterName, open: () => Promise<RouterBench>): void {
  const { serinMoves, splitSeen } = capabilitiesOf({ router: name });

  describe(`the router ${name}`, () => {
    it('can do what the list says of it', async () => {
      const { router } = await open();
      expect(router.capabilities).toEqual(capabilitiesOf({ router: name }));
    });

    it('observes nothing before the first order', async () => {
      const { router } = await open();
      expect(await router.observe('shop', signal())).toBeNull();
    });

    it(`observes what was ordered and since when, as ${splitSeen ? 'seen' : 'advised'}`, async () => {
      const { router, order } = await open();
      const before = Date.now();
      await router.apply(order(4, 1_000), signal());
      const observed = await router.observe('shop', signal());
      expect(observed).toEqual({
        epoch: 4,
        since: expect.any(Number),
        basis: splitSeen ? 'seen' : 'advised',
      });
      expect(observed?.since).toBeGreaterThanOrEqual(before - 1);
      expect(observed?.since).toBeLessThanOrEqual(Date.now() + 1);
    });

    it(serinMoves ? 'moves the split' : 'leaves the split to others', async () => {
      const { router, order, share } = await open();
      const before = await share();
      expect(before).toBe(0);
      await router.apply(order(1, 10_000), signal());
      expect(await share()).toBe(serinMoves ? 1 : before);
    });

    it('takes the same order twice as once', async () => {
      const { router, order, share } = await open();
      await router.apply(order(4, 10_000), signal());
      const [observed, shared] = [await router.observe('shop', signal()), await share()];
      await new Promise((resolve) => setTimeout(resolve, 5));
      await router.apply(order(4, 10_000), signal());
      expect([await router.observe('shop', signal()), await share()]).toEqual([observed, shared]);
    });

    it('never goes back to an older order', async () => {
      const { router, order, share } = await open();
      await router.apply(order(4, 0), signal());
      const observed = await router.observe('shop', signal());
      await router.apply(order(3, 10_000), signal());
      expect([await router.observe('shop', signal()), await share()]).toEqual([observed, 0]);
    });

    it('knows no other route', async () => {
      const { router, order } = await open();
      await expect(router.apply({ ...order(1, 0), route: 'basket' }, signal())).rejects.toEqual(notFound);
      await expect(router.observe('basket', signal())).rejects.toEqual(notFound);
    });

    it('orders nothing once the signal has ended', async () => {
      const { router, order } = await open();
      await expect(router.apply(order(1, 10_000), AbortSignal.abort())).rejects.toThrow('aborted');
      expect(await router.observe('shop', signal())).toBeNull();
    });

    if (!serinMoves) return;

    it('waits for a data plane that is silent until the signal ends', async () => {
      const { router, calls, order } = await open();
      calls.hold('setSplit', 'appliedSplit');
      const soon = AbortSignal.timeout(20);
      await expect(router.apply(order(1, 10_000), soon)).rejects.toThrow('timeout');
      const asked = AbortSignal.timeout(20);
      await expect(router.observe('shop', asked)).rejects.toThrow('timeout');
    });

    it('keeps an order that overtook an older one', async () => {
      const { router, calls, order, share } = await open();
      calls.hold('setSplit');
      const older = router.apply(order(1, 10_000), signal());
      calls.passOthers();
      await router.apply(order(2, 0), signal());
      calls.release();
      await older;
      expect([(await router.observe('shop', signal()))?.epoch, await share()]).toEqual([2, 0]);
    });

    it('keeps an order that overtook one which was given up', async () => {
      const { router, calls, order, share } = await open();
      calls.hold('setSplit');
      await expect(router.apply(order(1, 10_000), AbortSignal.timeout(20))).rejects.toThrow('timeout');
      calls.passOthers();
      await router.apply(order(2, 0), signal());
      calls.release();
      expect([(await router.observe('shop', signal()))?.epoch, await share()]).toEqual([2, 0]);
    });
  });
}
