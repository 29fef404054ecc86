import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { readinessApp } from '../api/readiness.ts';
import type { ListenAddress } from '../config/declared-address.ts';
import { dashboardUrl } from '../config/declared-listeners.ts';
import type { Log } from '../problem/log.ts';
import type { Checked, CheckFinding } from './checks/check.ts';
import { examineRequirements, examineSurroundings } from './checks/examine.ts';
import { startRefusal } from './checks/report.ts';
import { endForCertain } from './end-process.ts';
import { type ControlListener, listen } from './listen.ts';
import { sayListening } from './listening-file.ts';
import { jsonLog } from './log.ts';
import { FileWatch } from './reload/file-watch.ts';
import { takeHangups } from './reload/reload-on-signal.ts';
import { type Stoppable, stopAll, stopOnSignal } from './shutdown.ts';
import type { ServerTerminal } from './terminal.ts';
import { type Wired, type WireOptions, wire } from './wire.ts';

/** What has stopped leaves nothing that takes as long. */
const ENDS_MS = 5_000;

/**
 * Runs one Serin until a signal ends it; resolves with the exit code. Throws Problem when it cannot start: for exactly what
 * `doctor` shows as errors, and when another Serin is running.
 */
export async function serve(file: string, terminal: ServerTerminal): Promise<number> {
  const log = jsonLog(terminal.stdout);
  const hangups = takeHangups();
  const { findings, checked } = await examineRequirements(file, terminal.env, 'serve', log);
  const refusal = startRefusal(findings);
  if (checked === null || refusal !== null) {
    await checked?.database.store?.close();
    throw refusal ?? new Error('nothing was checked');
  }
  for (const finding of findings) logWarning(finding, log);
  const running = await startChecked(checked, terminal, log);
  const takeAway = lastResort(running.log);
  // A log reader that disconnects is no reason to exit; without a listener the error would be uncaught.
  terminal.stdout.on('error', () => {});
  const { gatewayPort, controlPort, readinessPort, dataFolder } = running;
  const { listen: declared, publicUrl } = checked.loaded.config.control;
  const dashboard = dashboardUrl(publicUrl, { ...declared, port: controlPort });
  const stopping = new AbortController();
  const checks = { name: 'checks', stop: async () => stopping.abort() };
  const signals = { name: 'SIGHUP', stop: async () => hangups.ignore() };
  // Before Serin reports that it serves, so that a signal right after that is handled.
  const stopped = stopOnSignal([signals, checks, ...running.parts], log);
  const readiness = readinessPort === null ? {} : { readinessPort };
  log({ what: 'serving', gatewayPort, controlPort, ...readiness, dataFolder, dashboard });
  hangups.reload(running.reloader);
  // V8's default, which main.ts lowers while modules are loaded.
  setFlagsFromString('--semi-space-growth-factor=2');
  void logSurroundings(checked, log, stopping.signal);
  const code = await stopped;
  takeAway();
  log({ what: 'stopped' });
  endForCertain(ENDS_MS, code, log);
  return code;
}

async function startChecked(
  { loaded, env, database }: Checked,
  { stderr }: ServerTerminal,
  log: Log,
): Promise<Running> {
  const { store } = database;
  const notices = (line: string) => void stderr.write(`${line}\n`);
  try {
    return await startServer({ loaded, env, log, notices, ...(store ? { store } : {}) });
  } catch (error) {
    await store?.close();
    throw error;
  }
}

/** Runs once traffic is served; nothing waits for it. */
async function logSurroundings(checked: Checked, log: Log, signal: AbortSignal): Promise<void> {
  for (const finding of await examineSurroundings(checked, signal)) {
    if (!signal.aborted) logWarning(finding, log);
  }
}

function logWarning(finding: CheckFinding, log: Log): void {
  if (finding.level !== 'warning') return;
  log({ what: 'checkFailed', level: 'warn', check: finding.check, reason: finding.says });
}

/**
 * Logs uncaught errors and keeps the process running, because it carries other requests. Returns the function that
 * uninstalls this. Until `lastResort` is called, such an error ends the process: a failed start must be reported.
 */
function lastResort(log: Log): () => void {
  const onUncaught = (error: unknown, origin: string): void => {
    log({ what: 'internalError', level: 'error', where: 'process', origin, error });
  };
  process.on('uncaughtException', onUncaught);
  return () => process.off('uncaughtException', onUncaught);
}

export interface Running extends Wired {
  readonly gatewayPort: number;
  readonly controlPort: number;
  /** Null when no listener for load balancers is declared. */
  readonly readinessPort: number | null;
  /** What to stop, in order: announce it first, then stop new traffic and new decisions, the database last. */
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
    const control: ControlListener = await listen(wired.api, config.control.listen, {
      name: 'control',
      log: wired.log,
    });
    wired.own.add(control.address, control.port, 'control');
    parts.unshift({ name: 'last uses of tokens', stop: () => wired.uses.stop() });
    parts.unshift({ name: 'control API', stop: () => control.close() });
    wired.follower.start();
    parts.unshift({ name: 'events', stop: () => endEvents(wired) });
    parts.unshift({ name: 'logs', stop: () => wired.logs.stop() });
    await wired.controller.start();
    parts.unshift({ name: 'controller', stop: () => wired.controller.stop() });
    wired.units.start();
    parts.unshift({ name: 'histories of units', stop: () => wired.units.stop() });
    parts.unshift({ name: 'sign-on', stop: async () => wired.signOn.stop() });
    wired.ledger.start();
    parts.unshift({ name: 'ledger of consumers', stop: () => wired.ledger.stop() });
    wired.traffic.start();
    parts.unshift({ name: 'traffic', stop: () => wired.traffic.stop() });
    const { port } = await wired.gateway.listen();
    const timeouts = () => wired.inForce.now.config.gateway.timeouts;
    const gateway = { name: 'gateway', stop: () => wired.gateway.close(timeouts().drain) };
    parts.unshift(gateway);
    const { readiness } = config.gateway;
    const probed: ControlListener | null = readiness
      ? await listen(readinessApp(wired.control), readiness, { name: 'readiness', log: wired.log })
      : null;
    if (probed) wired.own.add(probed.address, probed.port, 'readiness');
    // While open connections finish, load balancers are still told to go elsewhere.
    if (probed) parts.splice(1, 0, { name: 'readiness listener', stop: () => probed.close() });
    parts.unshift({ name: 'readiness', stop: () => giveNotice(wired, timeouts().notice) });
    const bound = {
      control: { ...config.control.listen, port: control.port },
      gateway: { ...config.gateway.listen, port },
      readiness: readiness && probed ? { ...readiness, port: probed.port } : null,
    };
    parts.splice(-1, 0, { name: 'listening file', stop: await tellListening(wired, bound) });
    const watch = new FileWatch(wired);
    watch.start();
    parts.unshift({ name: 'file watch', stop: async () => watch.stop() });
    parts.unshift({ name: 'configuration', stop: () => wired.reloader.stop() });
    wired.descriptors.start();
    parts.unshift({ name: 'descriptor watch', stop: async () => wired.descriptors.stop() });
    wired.enter('serving');
    return { ...wired, gatewayPort: port, controlPort: control.port, readinessPort: probed?.port ?? null, parts };
  } catch (error) {
    await stopAll(parts, options.log);
    throw error;
  }
}

interface Bound {
  readonly control: ListenAddress;
  readonly gateway: ListenAddress;
  readonly readiness: ListenAddress | null;
}

/** So that `doctor` can tell this Serin's ports from those of another program. Traffic does not wait for a full disk. */
async function tellListening(
  { dataFolder, log }: Wired,
  { control, gateway, readiness }: Bound,
): Promise<() => Promise<void>> {
  try {
    const takeBack = await sayListening(dataFolder, {
      control,
      listeners: [control, gateway, ...(readiness ? [readiness] : [])],
    });
    return async () => takeBack();
  } catch (error) {
    log({ what: 'listeningFileUnwritable', level: 'warn', error });
    return async () => {};
  }
}

/** Nothing that is open may keep the control API from closing. */
async function endEvents({ feed, follower }: Wired): Promise<void> {
  feed.end();
  await follower.stop();
}

/** Gives load balancers time to notice that traffic should go elsewhere: until then it is still accepted. */
async function giveNotice(wired: Wired, noticeMs: number): Promise<void> {
  wired.enter('leaving');
  await sleep(noticeMs);
}
