import type { ServerConfig } from '../config/config.ts';
import { loadPolicies } from '../config/load.ts';
import { operatorUpstreams } from '../config/operator-upstreams.ts';
import { createMemory } from '../controller/memory.ts';
import type { ControllerPorts, Safeguard } from '../controller/ports.ts';
import type { Gateway, MeasurePort, SplitPort } from '../gateway/gateway.ts';
import { withLogs } from '../logs/with-logs.ts';
import { gatewaySource } from '../metrics/gateway.ts';
import { parseCursor } from '../metrics/queries/cursor.ts';
import type { MetricsSource } from '../metrics/source.ts';
import { parseTakenCursor } from '../metrics/taken-cursor.ts';
import { type ProbingOptions, withProbes } from '../metrics/with-probes.ts';
import type { Log } from '../problem/log.ts';
import type { Installation } from '../rollout/announce.ts';
import { routersOf } from '../routers/routers.ts';
import type { ListedRule } from '../split/order.ts';
import type { Store } from '../store/store.ts';
import { newId } from './new-id.ts';
import type { OpenLogs } from './open-logs.ts';
import { evidenceSource } from './open-sources.ts';
import type { InForce } from './reload/in-force.ts';

/** A probe that takes longer counts as failed. */
const LONGEST_PROBE_MS = 10_000;

export interface PortParts {
  readonly inForce: InForce;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly logs: OpenLogs;
  /** Listed consumers, by route. */
  readonly listed: ReadonlyMap<string, readonly ListedRule[]>;
  readonly follow: (route: string) => Promise<void>;
  readonly replica: string;
  readonly log: Log;
}

/** Everything that the controller touches, built from the parts of this process and from what of serin.yaml is in force at the time. */
export function controllerPorts(parts: PortParts): ControllerPorts {
  const { inForce, store, gateway, logs, listed, follow, replica, log } = parts;
  const { config } = inForce.now;
  const monotonic = () => performance.now();
  const evidence = inForce.derived((force) => evidenceSource(force.config, force.sources, gateway));
  const operatorUpstream = inForce.derived((force) => operatorUpstreams(force.config.upstreams));
  const installation = inForce.derived((force) => installationOf(force.config));
  return {
    store,
    source: withLogs(withProbes(asked(evidence), probeOptions(inForce, gateway, monotonic)), logs),
    router: routersOf(() => inForce.now.config.routes, { gateway }),
    probe: (url, well) => gateway.probe(url, config.gateway.timeouts.headers, well),
    operatorUpstream: (url) => operatorUpstream()(url),
    get channels() {
      return inForce.now.channels;
    },
    get installation() {
      return installation();
    },
    get routes() {
      return inForce.now.routes;
    },
    // Read again at each start and rebase: an edited policy counts from then on, an invalid one changes nothing.
    policy: (name) => loadPolicies(inForce.now.loaded).get(name) ?? null,
    policyNames: () => [...loadPolicies(inForce.now.loaded).keys()],
    listed: (route) => listed.get(route) ?? [],
    followConsumers: follow,
    newId,
    tickMs: config.controller.tick,
    monotonic,
    memory: createMemory(monotonic, config.controller.tick),
    safeguard: safeguardOf(gateway, config.controller.blindAfter),
    logsHeard: (route) => logs.heard(route),
    holder: newId(),
    replica,
    log,
  };
}

/** The source that is in force when it is asked. */
function asked(now: () => MetricsSource): MetricsSource {
  return {
    name: now().name,
    collect: (request, signal) => now().collect(request, signal),
    check: async (request, signal) => (await now().check?.(request, signal)) ?? [],
    slices: async (route) => (await now().slices?.(route)) ?? [],
    sightings: async (route, names) => (await now().sightings?.(route, names)) ?? new Map(),
    units: async (route, draws) => now().units?.(route, draws) ?? 'uncounted',
  };
}

/** Probes go where the gateway goes, by its rules and time-outs. */
function probeOptions(inForce: InForce, gateway: Gateway, now: () => number): ProbingOptions {
  const timeoutMs = Math.min(LONGEST_PROBE_MS, inForce.now.config.gateway.timeouts.headers);
  const requests = inForce.derived(
    ({ config }) =>
      new Map(config.routes.flatMap(({ name, probes }) => (probes ? [[name, probes.requests] as const] : []))),
  );
  return {
    get requests() {
      return requests();
    },
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
