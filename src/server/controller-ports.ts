import type { ServerConfig } from '../config/config.ts';
import { type LoadedConfig, loadPolicies } from '../config/load.ts';
import { operatorUpstreams } from '../config/operator-upstreams.ts';
import { controllerRoute } from '../config/routes.ts';
import { createMemory } from '../controller/memory.ts';
import type { ControllerPorts, Safeguard } from '../controller/ports.ts';
import type { Gateway, MeasurePort, SplitPort } from '../gateway/gateway.ts';
import { withLogs } from '../logs/with-logs.ts';
import type { DeclaredSource } from '../metrics/declared-source.ts';
import { gatewaySource } from '../metrics/gateway.ts';
import { parseCursor } from '../metrics/queries/cursor.ts';
import { parseTakenCursor } from '../metrics/taken-cursor.ts';
import { type ProbingOptions, withProbes } from '../metrics/with-probes.ts';
import type { Channel } from '../notify/channel.ts';
import type { Log } from '../problem/log.ts';
import type { Installation } from '../rollout/announce.ts';
import { routersOf } from '../routers/routers.ts';
import type { ListedRule } from '../split/order.ts';
import type { Store } from '../store/store.ts';
import { newId } from './new-id.ts';
import type { OpenLogs } from './open-logs.ts';
import { evidenceSource } from './open-sources.ts';

/** A probe that takes longer counts as failed. */
const LONGEST_PROBE_MS = 10_000;

export interface PortParts {
  readonly loaded: LoadedConfig;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly channels: readonly Channel[];
  readonly sources: ReadonlyMap<string, DeclaredSource>;
  readonly logs: OpenLogs;
  /** Listed consumers, by route. */
  readonly listed: ReadonlyMap<string, readonly ListedRule[]>;
  readonly log: Log;
}

/** Everything that the controller touches, built from the parts of this process and serin.yaml. */
export function controllerPorts(parts: PortParts): ControllerPorts {
  const { loaded, store, gateway, channels, sources, logs, listed, log } = parts;
  const { config } = loaded;
  const monotonic = () => performance.now();
  return {
    store,
    source: withLogs(
      withProbes(evidenceSource(config, sources, gateway), probeOptions(config, gateway, monotonic)),
      logs,
    ),
    router: routersOf(config.routes, { gateway }),
    probe: (url, well) => gateway.probe(url, config.gateway.timeouts.headers, well),
    operatorUpstream: operatorUpstreams(config.upstreams),
    channels,
    installation: installationOf(config),
    routes: config.routes.map(controllerRoute),
    // Read again at each start and rebase: an edited policy needs no restart, an invalid one changes nothing.
    policy: (name) => loadPolicies(loaded).get(name) ?? null,
    policyNames: () => [...loadPolicies(loaded).keys()],
    listed: (route) => listed.get(route) ?? [],
    newId,
    tickMs: config.controller.tick,
    monotonic,
    memory: createMemory(monotonic, config.controller.tick),
    safeguard: safeguardOf(gateway, config.controller.blindAfter),
    logsHeard: (route) => logs.heard(route),
    holder: newId(),
    log,
  };
}

/** Probes go where the gateway goes, by its rules and time-outs. */
function probeOptions(config: ServerConfig, gateway: Gateway, now: () => number): ProbingOptions {
  const timeoutMs = Math.min(LONGEST_PROBE_MS, config.gateway.timeouts.headers);
  return {
    requests: new Map(config.routes.flatMap(({ name, probes }) => (probes ? [[name, probes.requests] as const] : []))),
    send: ({ url }, { method, path }) => gateway.timed(`${url.replace(/\/$/, '')}${path}`, method, timeoutMs),
    now,
  };
}

/** The gateway of this process as the safeguard that protects users without the database. */
function safeguardOf(
  gateway: Pick<MeasurePort, 'peek' | 'slices' | 'units' | 'knownUnits'> & Pick<SplitPort, 'toStable'>,
  blindAfterMs: number,
): Safeguard {
  return {
    // A rollout with logs, probes or query checks stores the gateway's cursor inside its own.
    source: gatewaySource(
      (route, after, slowAfterMs) => gateway.peek(route, blocksCursor(after), slowAfterMs),
      gateway,
    ),
    keys: (route) => gateway.knownUnits(route),
    toStable: (order) => gateway.toStable(order),
    blindAfterMs,
  };
}

function installationOf({ environment, control: { publicUrl } }: ServerConfig): Installation {
  return { ...(environment === undefined ? {} : { environment }), ...(publicUrl === undefined ? {} : { publicUrl }) };
}

/** What the gateway's own source wrote, inside of what the others put around it. */
function blocksCursor(after: string | null): string | null {
  const { blocks } = parseTakenCursor('logs/1', after);
  return parseCursor(parseTakenCursor('probes/1', blocks).blocks).blocks;
}
