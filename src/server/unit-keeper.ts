import type { MeasurePort } from '../gateway/gateway.ts';
import type { Log } from '../problem/log.ts';
import type { Store } from '../store/store.ts';

/** Blocks that nobody collects hold more memory than what they add to. */
const TEND_EVERY_MS = 10_000;
const SAVE_EVERY_MS = 300_000;

export interface UnitKeeperParts {
  readonly gateway: Pick<MeasurePort, 'tend' | 'unitLedger' | 'restoreUnits'>;
  readonly store: Pick<Store, 'unitHistory'>;
  /** The sticky routes that this process carries. */
  readonly routes: () => readonly string[];
  readonly log: Log;
}

/**
 * Keeps what sticky routes remember of their units over restarts: the comparison needs a day of past to be quick, and a
 * restart must not take it away. A process that is killed loses the last minutes.
 */
export class UnitKeeper {
  private readonly parts: UnitKeeperParts;
  private timer: NodeJS.Timeout | null = null;
  private savedAt = performance.now();
  private turn: Promise<void> = Promise.resolve();

  constructor(parts: UnitKeeperParts) {
    this.parts = parts;
  }

  /** Before the gateway serves them. Rejects when the database cannot answer: what is saved then would replace a longer past. */
  async load(routes: readonly string[] = this.parts.routes()): Promise<void> {
    const { gateway, store } = this.parts;
    for (const route of routes) {
      const bytes = await store.unitHistory.load(route);
      if (bytes !== null) await gateway.restoreUnits(route, bytes);
    }
  }

  start(): void {
    this.timer ??= setInterval(() => void this.round(), TEND_EVERY_MS).unref();
  }

  /** Saves for the last time: the gateway has stopped, and the store has not. */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.round('last');
  }

  private round(which: 'next' | 'last' = 'next'): Promise<void> {
    this.turn = this.turn
      .then(() => this.tend(which))
      .catch((error: unknown) => {
        this.parts.log({ what: 'unitHistoryUnsaved', level: 'warn', error });
      });
    return this.turn;
  }

  private async tend(which: 'next' | 'last'): Promise<void> {
    const { gateway, routes } = this.parts;
    for (const route of routes()) await gateway.tend(route);
    if (which === 'next' && performance.now() - this.savedAt < SAVE_EVERY_MS) return;
    this.savedAt = performance.now();
    for (const route of routes()) await this.save(route);
  }

  private async save(route: string): Promise<void> {
    const { gateway, store } = this.parts;
    const bytes = await gateway.unitLedger(route);
    if (bytes !== null) await store.unitHistory.save(route, bytes);
  }
}
