import { type RouteTraffic, TrafficMinutes } from '../../exposition/traffic-minutes.ts';
import type { MeasurePort } from '../../gateway/gateway.ts';

const READ_EVERY_MS = 10_000;

export interface TrafficKeeper {
  /** Nothing is known of the time before. */
  start(): void;
  stop(): Promise<void>;
  of(route: string): RouteTraffic;
  /** Routes that the gateway carries from now on. */
  add(routes: readonly string[]): void;
}

/** Reads the totals of the gateway now and then, which costs no request anything. `routes`: those that it carries. */
export function trafficKeeper(
  gateway: Pick<MeasurePort, 'totals'>,
  routes: readonly string[],
  now: () => number = () => performance.now(),
): TrafficKeeper {
  const minutes = new TrafficMinutes(routes);
  let timer: NodeJS.Timeout | null = null;
  const read = async () => {
    const atMs = now();
    minutes.note(await gateway.totals(), atMs);
  };
  return {
    start() {
      if (timer) return;
      void read();
      timer = setInterval(() => void read(), READ_EVERY_MS).unref();
    },
    async stop() {
      if (timer) clearInterval(timer);
    },
    of: (route) => minutes.of(route),
    add: (more) => minutes.add(more),
  };
}
