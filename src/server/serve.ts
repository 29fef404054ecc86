import { loadConfig } from './load.ts';
import { jsonLog } from './log.ts';
import { stopOnSignal } from './shutdown.ts';
import { startServer } from './start.ts';
import type { ServerTerminal } from './terminal.ts';

/** Runs one Serin until a signal ends it; resolves with the exit code. Throws Problem when it cannot start. */
export async function serve(file: string, { stdout, stderr, env }: ServerTerminal): Promise<number> {
  const log = jsonLog(stdout);
  const notices = (line: string) => void stderr.write(`${line}\n`);
  const running = await startServer({ loaded: loadConfig(file), env, log, notices });
  const { gatewayPort, controlPort, readinessPort, dataFolder } = running;
  log({ what: 'serving', gatewayPort, controlPort, ...(readinessPort === null ? {} : { readinessPort }), dataFolder });
  const code = await stopOnSignal(running.parts, log);
  log({ what: 'stopped' });
  return code;
}
