import { type Listener, listen } from './listen.ts';
import type { Stoppable } from './shutdown.ts';
import { stopAll } from './shutdown.ts';
import { type Wired, type WireOptions, wire } from './wire.ts';

export interface Running extends Wired {
  readonly gatewayPort: number;
  readonly controlPort: number;
  /** What to stop, in order: first no new traffic and no new decisions, the database last. */
  readonly parts: readonly Stoppable[];
}

/**
 * Starts one whole Serin: gateway, controller, control API. The split of the last commit is in force before the gateway
 * accepts its first request. Throws Problem; then nothing is left running.
 */
export async function startServer(options: WireOptions): Promise<Running> {
  const wired = await wire(options);
  const { config } = options.loaded;
  const parts: Stoppable[] = [{ name: 'store', stop: () => wired.store.close() }];
  try {
    const control: Listener = await listen(wired.api, config.control.listen);
    parts.unshift({ name: 'control API', stop: () => control.close() });
    await wired.controller.start();
    parts.unshift({ name: 'controller', stop: () => wired.controller.stop() });
    const { port } = await wired.gateway.listen();
    parts.unshift({ name: 'gateway', stop: () => wired.gateway.close(config.gateway.timeouts.drain) });
    return { ...wired, gatewayPort: port, controlPort: control.port, parts };
  } catch (error) {
    await stopAll(parts, options.log);
    throw error;
  }
}
