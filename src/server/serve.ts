import type { Log } from '../problem/log.ts';
import type { Checked, CheckFinding } from './checks/check.ts';
import { examineRequirements, examineSurroundings } from './checks/examine.ts';
import { startRefusal } from './checks/report.ts';
import { lastResort } from './last-resort.ts';
import { jsonLog } from './log.ts';
import { stopOnSignal } from './shutdown.ts';
import { type Running, startServer } from './start.ts';
import type { ServerTerminal } from './terminal.ts';

/**
 * Runs one Serin until a signal ends it; resolves with the exit code. Throws Problem when it cannot start: on exactly what
 * `doctor` shows as errors, and beside a Serin that runs.
 */
export async function serve(file: string, terminal: ServerTerminal): Promise<number> {
  const log = jsonLog(terminal.stdout);
  const { findings, checked } = await examineRequirements(file, terminal.env, 'serve', log);
  const refusal = startRefusal(findings);
  if (checked === null || refusal !== null) {
    await checked?.database.store?.close();
    throw refusal ?? new Error('nothing was checked');
  }
  for (const finding of findings) logWarning(finding, log);
  const running = await start(checked, terminal, log);
  const takeAway = lastResort(running.log);
  // A reader of the log that goes away is no reason to end; without a listener the error would be uncaught.
  terminal.stdout.on('error', () => {});
  const { gatewayPort, controlPort, readinessPort, dataFolder } = running;
  const stopping = new AbortController();
  const checks = { name: 'checks', stop: async () => stopping.abort() };
  // Before it is said that it serves: a signal that comes at once is heard.
  const stopped = stopOnSignal([checks, ...running.parts], log);
  log({ what: 'serving', gatewayPort, controlPort, ...(readinessPort === null ? {} : { readinessPort }), dataFolder });
  void logSurroundings(checked, log, stopping.signal);
  const code = await stopped;
  takeAway();
  log({ what: 'stopped' });
  return code;
}

async function start({ loaded, env, database }: Checked, { stderr }: ServerTerminal, log: Log): Promise<Running> {
  const { store } = database;
  const notices = (line: string) => void stderr.write(`${line}\n`);
  try {
    return await startServer({ loaded, env, log, notices, ...(store ? { store } : {}) });
  } catch (error) {
    await store?.close();
    throw error;
  }
}

/** Once traffic is served, and nothing waits for it. */
async function logSurroundings(checked: Checked, log: Log, signal: AbortSignal): Promise<void> {
  for (const finding of await examineSurroundings(checked, signal)) {
    if (!signal.aborted) logWarning(finding, log);
  }
}

function logWarning(finding: CheckFinding, log: Log): void {
  if (finding.level !== 'warning') return;
  log({ what: 'checkFailed', level: 'warn', check: finding.check, reason: finding.says });
}
