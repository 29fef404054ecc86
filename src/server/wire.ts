import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ControlPlane } from '../api/control.ts';
import { controlApi } from '../api/control-api.ts';
import { health, type Phase } from '../api/health.ts';
import type { ConfiguredRoute, ServerConfig } from '../config/config.ts';
import { controlHosts } from '../config/control-hosts.ts';
import { dataFolderOf, type LoadedConfig, loadPolicies, routeIssue } from '../config/load.ts';
import { gatewayRoute } from '../config/routes.ts';
import { routeFactsOf } from '../config/stickiness.ts';
import { upstreamCaOf } from '../config/upstream-ca.ts';
import { createCommands } from '../controller/command.ts';
import { type Publishing, publishing } from '../controller/feed/published-store.ts';
import { orRemembered, soon } from '../controller/patience.ts';
import { policyControl } from '../controller/policy-check.ts';
import { routeReader } from '../controller/readers/route-reader.ts';
import { servedRoute } from '../controller/readers/served-route.ts';
import { inForceOf, rolloutReader, standingOf } from '../controller/rollout-reader.ts';
import { type Controller, createController } from '../controller/schedule.ts';
import { noSuchRoute } from '../controller/start.ts';
import { exposition } from '../exposition/exposition.ts';
import { InternalErrors } from '../exposition/internal-errors.ts';
import { createGateway } from '../gateway/create-gateway.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { FAULT_PLACES } from '../gateway/http/faults.ts';
import { hashMark, knownBy } from '../gateway/route/consumers.ts';
import { OwnListeners } from '../gateway/upstream/own-listeners.ts';
import { upstreamTrust } from '../gateway/upstream/upstream-trust.ts';
import { ADMIN_TOKEN_FILE, ensureAdminToken } from '../identity/admin-token.ts';
import { consumerControl } from '../identity/consumers.ts';
import { installationSecret } from '../identity/installation-secret.ts';
import { readPrivateFile } from '../identity/private-file.ts';
import { resolveSecret } from '../identity/secrets.ts';
import { sessionControl } from '../identity/session.ts';
import { tokenControl } from '../identity/tokens.ts';
import { VerifiedTokens } from '../identity/verified-tokens.ts';
import { openChannels } from '../notify/channels.ts';
import type { Log } from '../problem/log.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { ListedRule } from '../split/order.ts';
import type { Store } from '../store/store.ts';
import { controllerPorts } from './controller-ports.ts';
import { docsFile, readDashboard } from './dashboard-files.ts';
import { DeclaredDocuments } from './declared-documents.ts';
import { DescriptorWatch } from './descriptor-watch.ts';
import { figuresOf } from './figures.ts';
import { consumerFollower } from './follow-consumers.ts';
import { gatewayOptions, openAccessLog, tokenNewsLog } from './gateway-options.ts';
import { logControl } from './log-control.ts';
import { newId } from './new-id.ts';
import { openConfigured } from './open-configured.ts';
import { type OpenLogs, openLogs } from './open-logs.ts';
import { openSources } from './open-sources.ts';
import { routeControl } from './routes/route-control.ts';
import { type TrafficKeeper, trafficKeeper } from './routes/traffic-keeper.ts';
import { UnitKeeper } from './unit-keeper.ts';
import { valueControl } from './value-control.ts';
import { packageVersion } from './version.ts';

export interface WireOptions {
  readonly loaded: LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Where the console channel writes; null silences it. */
  readonly notices: ((line: string) => void) | null;
  /** The database, if it is already open; it is closed with the rest. */
  readonly store?: Store;
}

/** Every part, connected but not yet listening. */
export interface Wired extends Publishing {
  readonly gateway: Gateway;
  /** Every listener adds its address; no upstream may be at one of them. */
  readonly own: OwnListeners;
  readonly controller: Controller;
  readonly control: ControlPlane;
  readonly api: ReturnType<typeof controlApi>;
  readonly dataFolder: string;
  readonly descriptors: DescriptorWatch;
  readonly units: UnitKeeper;
  readonly traffic: TrafficKeeper;
  readonly logs: OpenLogs;
  /** Also counts unexpected errors. */
  readonly log: Log;
  /** What `/readyz` answers from now on; entering `leaving` stops nothing by itself. */
  enter(phase: Phase): void;
}

/** Creates every part and connects them. Closes what it opened when a later part fails. */
export async function wire({ loaded, env, log: told, notices, store: opened }: WireOptions): Promise<Wired> {
  const { config } = loaded;
  const internalErrors = new InternalErrors(told, FAULT_PLACES);
  const { log } = internalErrors;
  loadPolicies(loaded);
  const channels = openChannels(config.channels, { secret: (reference) => resolveSecret(reference, env), notices });
  const sources = openSources(config, env);
  const carried = config.routes.filter((route) => capabilitiesOf(route).gatewayCarries);
  const dataFolder = dataFolderOf(loaded, env);
  const database = opened ?? (await openConfigured(loaded, env, log));
  let phase: Phase = 'starting';
  try {
    const published = publishing(database, {
      boot: randomBytes(6).toString('hex'),
      now: Date.now,
      leads: () => controller.leads(),
      everyMs: config.controller.tick,
      log,
    });
    const { store, feed } = published;
    const secret = await installationSecret(store, { dataFolder, env }, log);
    await ensureAdminToken(store, dataFolder, newId, log);
    const own = new OwnListeners();
    const descriptors = new DescriptorWatch(log);
    const accessLogFile = openAccessLog(loaded, log);
    const gateway = createGateway({
      ...gatewayOptions(loaded, accessLogFile),
      routes: carried.map(gatewayRoute),
      secret,
      onBrake: ({ rolloutId }, brake) => {
        if (rolloutId !== null) controller.braked(rolloutId, brake);
      },
      own,
      onTokenNews: tokenNewsLog(log),
      onFault: internalErrors.onFault,
    });
    const routeNames = carried.map(({ name }) => name);
    const listed = new Map<string, readonly ListedRule[]>();
    const follow = consumerFollower(store, gateway, listed);
    for (const route of routeNames) await follow(route);
    const sticky = carried.filter((route) => gatewayRoute(route).sticky.kind !== 'request').map(({ name }) => name);
    const units = new UnitKeeper({ gateway, store, routes: sticky, log });
    await units.load();
    const traffic = trafficKeeper(gateway, routeNames);
    const documents = new DeclaredDocuments({
      routes: new Map(config.routes.flatMap(({ name, openapi }) => (openapi ? [[name, openapi] as const] : []))),
      folder: loaded.folder,
      own,
      trust: upstreamTrust(upstreamCaOf(loaded).upstreamCa),
    });
    const logs = openLogs(loaded, env, log);
    const ports = controllerPorts({ loaded, store, gateway, channels, sources, logs, listed, log });
    const { memory } = ports;
    const routeFacts = new Map(config.routes.map((route) => [route.name, routeFactsOf(route)]));
    const controller = createController(ports);
    const verified = new VerifiedTokens(store.tokens, orRemembered);
    const tokens = tokenControl(store, newId, verified);
    // So that the token in the file works even if the database goes away before its first use.
    await tokens.authenticate(readPrivateFile(join(dataFolder, ADMIN_TOKEN_FILE)) ?? '');
    verified.startConfirming();
    await published.follower.begin();
    const control: ControlPlane = {
      rollouts: createCommands(ports),
      reader: rolloutReader(
        store,
        memory,
        config.routes.map(({ name }) => name),
      ),
      standing: (record) => ({
        ...standingOf(ports, record),
        declared: documents.of(record.rollout),
        route: routeFacts.get(record.rollout.route) ?? null,
      }),
      routes: routeControl({
        routes: config.routes,
        states: routeReader({ store, memory, leads: () => controller.leads(), routes: ports.routes }),
        gateway,
        traffic,
        inForce: (record) => inForceOf(ports, record),
      }),
      consumers: consumerControl({
        store,
        route: (name) => findRoute(config, name),
        knownBy: (name) => knownBy(findRoute(config, name).consumerKey ?? null),
        hash: (route, mark) => hashMark(secret, route, mark),
        served: (route) => servedRoute(ports, route),
        follow,
      }),
      tokens,
      sessions: sessionControl({ secret, verified, now: Date.now }),
      policies: policyControl(ports, routeIssue(loaded)),
      values: valueControl({ gateway, route: (name) => findRoute(config, name), carried: routeNames }),
      logs: logControl({ sink: logs.intake, route: (name) => findRoute(config, name) }),
      keyed: {
        claim: (request, by) => soon(store.keyedRequests.claim(request, by)),
        keep: (by, answer) => soon(store.keyedRequests.keep(by, answer)),
        release: (by) => soon(store.keyedRequests.release(by)),
      },
      feed,
      health: health({
        phase: () => phase,
        askDatabase: () => soon(store.now()),
        troubles: () => [
          ...controller.troubles(),
          ...[accessLogFile, descriptors].flatMap((part) => part?.trouble() ?? []),
        ],
        withoutSplit: async () => {
          const applied = await Promise.all(routeNames.map((route) => gateway.appliedSplit(route)));
          return routeNames.filter((_, at) => applied[at] === null);
        },
      }),
      metrics: exposition(
        figuresOf({
          gateway,
          store,
          controller,
          memory,
          internalErrors,
          accessLog: accessLogFile,
          logs: () => ({
            lines: logs.intake.totals(),
            refused: logs.intake.refused(),
            lastCame: logs.intake.lastCame(),
            fetches: logs.fetches(),
          }),
          eventStreams: () => feed.readers(),
          log,
          channels: channels.map(({ name }) => name),
        }),
      ),
      build: { version: packageVersion(), node: process.version },
    };
    return {
      ...published,
      gateway,
      own,
      controller,
      control,
      api: controlApi(control, {
        onUnforeseen: internalErrors.onUnforeseen,
        isOwnName: controlHosts(config.control),
        publicUrl: config.control.publicUrl,
        anonymous: config.control.anonymous,
        dashboard: readDashboard(),
        docsFile,
      }),
      dataFolder,
      descriptors,
      units,
      traffic,
      logs,
      log,
      enter: (entered) => {
        phase = entered;
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function findRoute({ routes }: ServerConfig, name: string): ConfiguredRoute {
  const found = routes.find((route) => route.name === name);
  if (found) return found;
  throw noSuchRoute(
    name,
    routes.map((route) => route.name),
  );
}
