import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ControlPlane } from '../api/control.ts';
import { controlApi } from '../api/control-api.ts';
import { health, type Phase } from '../api/health.ts';
import type { ConfiguredRoute } from '../config/config.ts';
import { controlHosts } from '../config/control/control-hosts.ts';
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
import { createRestore } from '../controller/restore/restore.ts';
import { inForceOf, rolloutReader, standingOf } from '../controller/rollout-reader.ts';
import { type Controller, createController } from '../controller/schedule.ts';
import { noSuchRoute } from '../controller/start.ts';
import { exposition } from '../exposition/exposition.ts';
import { InternalErrors } from '../exposition/internal-errors.ts';
import { createGateway } from '../gateway/create-gateway.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { FAULT_PLACES, Faults } from '../gateway/http/faults.ts';
import { hashMark, knownBy } from '../gateway/route/consumers.ts';
import { OwnListeners } from '../gateway/upstream/own-listeners.ts';
import { upstreamTrust } from '../gateway/upstream/upstream-trust.ts';
import { ADMIN_TOKEN_FILE, ensureAdminToken } from '../identity/admin-token.ts';
import { consumerReporter } from '../identity/consumer-report.ts';
import { consumerControl } from '../identity/consumers.ts';
import { installationSecret } from '../identity/installation-secret.ts';
import { LastUses } from '../identity/last-uses.ts';
import type { SignOn } from '../identity/oidc/sign-on.ts';
import { readPrivateFile } from '../identity/private-file.ts';
import { sessionControl } from '../identity/session.ts';
import { hashOf, tokenControl } from '../identity/tokens.ts';
import { VerifiedTokens } from '../identity/verified-tokens.ts';
import type { Log } from '../problem/log.ts';
import type { ListedRule } from '../split/order.ts';
import type { Store } from '../store/store.ts';
import { LedgerKeeper } from './consumers/ledger-keeper.ts';
import { controllerPorts } from './controller-ports.ts';
import { docsFile, readDashboard } from './dashboard-files.ts';
import { DeclaredDocuments } from './declared-documents.ts';
import { DescriptorWatch } from './descriptor-watch.ts';
import { figuresOf } from './figures.ts';
import { consumerFollower } from './follow-consumers.ts';
import { gatewayOptions, openAccessLog, tokenNewsLog } from './gateway-options.ts';
import { logControl } from './log-control.ts';
import { newId } from './new-id.ts';
import { openConfigured, replicaOf } from './open-configured.ts';
import { type OpenLogs, openLogs } from './open-logs.ts';
import { configurationControl } from './reload/configuration-control.ts';
import { configurationTroubles } from './reload/configuration-troubles.ts';
import { type Force, InForce, openConfiguration } from './reload/in-force.ts';
import { Reloader } from './reload/reloader.ts';
import { routeControl } from './routes/route-control.ts';
import { type TrafficKeeper, trafficKeeper } from './routes/traffic-keeper.ts';
import { eitherSession } from './sign-on/either-session.ts';
import { openSignOn } from './sign-on/open-sign-on.ts';
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
  readonly inForce: InForce;
  readonly reloader: Reloader;
  readonly descriptors: DescriptorWatch;
  readonly units: UnitKeeper;
  readonly ledger: LedgerKeeper;
  readonly uses: LastUses;
  readonly traffic: TrafficKeeper;
  readonly logs: OpenLogs;
  readonly signOn: SignOn;
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
  const inForce = new InForce(await openConfiguration(loaded, { env, notices }));
  const carriedNames = () => inForce.now.carried.map(({ name }) => name);
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
      routes: inForce.now.carried.map(gatewayRoute),
      secret,
      onBrake: ({ rolloutId }, brake) => {
        if (rolloutId !== null) controller.braked(rolloutId, brake);
      },
      own,
      onTokenNews: tokenNewsLog(log),
      onFault: internalErrors.onFault,
    });
    const listed = new Map<string, readonly ListedRule[]>();
    const follow = consumerFollower(store, gateway, listed);
    for (const route of carriedNames()) await follow(route);
    const units = new UnitKeeper({ gateway, store, routes: () => stickyAmong(inForce.now), log });
    await units.load();
    const ledger = new LedgerKeeper({ gateway, store, writer: newId(), log });
    const traffic = trafficKeeper(gateway, carriedNames());
    const trust = upstreamTrust(upstreamCaOf(loaded).upstreamCa);
    const documents = new DeclaredDocuments({
      routes: inForce.derived(
        (force) =>
          new Map(force.config.routes.flatMap(({ name, openapi }) => (openapi ? [[name, openapi] as const] : []))),
      ),
      folder: loaded.folder,
      own,
      trust,
    });
    const logs = openLogs(inForce.now, log);
    const ports = controllerPorts({
      inForce,
      store,
      gateway,
      logs,
      listed,
      follow,
      replica: replicaOf(loaded, env),
      log,
    });
    const { memory } = ports;
    const routeFacts = inForce.derived(
      (force) => new Map(force.config.routes.map((route) => [route.name, routeFactsOf(route)])),
    );
    const isOwnName = inForce.derived((force) => controlHosts(force.config.control));
    const served = (route: string) => servedRoute(ports, route);
    const findRoute = (name: string) => declaredAmong(inForce.now, name);
    const controller = createController(ports);
    const uses = new LastUses(store.tokens, Date.now, log);
    const verified = new VerifiedTokens({ tokens: store.tokens, orRemembered, uses });
    const tokens = tokenControl({ store, newId, verified, uses, now: Date.now });
    // So that the token in the file works even if the database goes away before its first use.
    await verified.remember(hashOf(readPrivateFile(join(dataFolder, ADMIN_TOKEN_FILE)) ?? ''));
    verified.startConfirming();
    uses.start();
    const signOn = openSignOn({ inForce, secret, own, trust, faults: new Faults(internalErrors.onFault), log });
    await published.follower.begin();
    const reloader = new Reloader({
      inForce,
      env,
      notices,
      store,
      gateway,
      ports,
      follow,
      loadUnits: (routes) => units.load(routes),
      onReplaced: (force) => {
        traffic.add(force.carried.map(({ name }) => name));
        logs.follow(force);
        signOn.configure(force.oidc);
      },
      log,
    });
    const control: ControlPlane = {
      rollouts: createCommands(ports),
      reader: rolloutReader(store, memory, () => inForce.now.routes.map(({ name }) => name)),
      standing: (record) => ({
        ...standingOf(ports, record),
        declared: documents.of(record.rollout),
        route: routeFacts().get(record.rollout.route) ?? null,
      }),
      routes: routeControl({
        routes: () => inForce.now.config.routes,
        states: routeReader({ store, memory, leads: () => controller.leads(), routes: () => inForce.now.routes }),
        gateway,
        traffic,
        inForce: (record) => inForceOf(ports, record),
      }),
      consumers: {
        ...consumerControl({
          store,
          route: findRoute,
          knownBy: (name) => knownBy(findRoute(name).consumerKey ?? null),
          hash: (route, mark) => hashMark(secret, route, mark),
          served,
          follow,
        }),
        report: consumerReporter({ store, route: findRoute, served, settle: () => ledger.settle() }),
      },
      restores: createRestore({
        controller: ports,
        audit: store.audit,
        knowsConsumers: (name) => findRoute(name).consumerKey !== undefined,
        follow,
      }),
      tokens,
      sessions: eitherSession(sessionControl({ secret, verified, now: Date.now }), signOn),
      oidc: signOn,
      keyed: {
        claim: (request, by) => soon(store.keyedRequests.claim(request, by)),
        keep: (by, answer) => soon(store.keyedRequests.keep(by, answer)),
        release: (by) => soon(store.keyedRequests.release(by)),
      },
      policies: policyControl(ports, (route, message) => routeIssue(inForce.now.loaded)(route, message)),
      configuration: configurationControl({ inForce, reloader, store }),
      values: valueControl({ gateway, route: findRoute, carried: carriedNames }),
      logs: logControl({ sink: logs.intake, route: findRoute }),
      feed,
      health: health({
        phase: () => phase,
        askDatabase: () => soon(store.now()),
        troubles: () => [
          ...controller.troubles(),
          ...configurationTroubles(reloader.state()),
          ...[accessLogFile, descriptors].flatMap((part) => part?.trouble() ?? []),
        ],
        withoutSplit: async () => {
          const names = carriedNames();
          const applied = await Promise.all(names.map((route) => gateway.appliedSplit(route)));
          return names.filter((_, at) => applied[at] === null);
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
          configuration: () => reloader.state(),
          log,
          channels: () => inForce.now.channels.map(({ name }) => name),
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
        isOwnName: (name) => isOwnName()(name),
        publicUrl: config.control.publicUrl,
        anonymous: config.control.anonymous,
        dashboard: readDashboard(),
        docsFile,
      }),
      dataFolder,
      inForce,
      reloader,
      descriptors,
      units,
      ledger,
      uses,
      traffic,
      logs,
      signOn,
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

function stickyAmong({ carried }: Pick<Force, 'carried'>): readonly string[] {
  return carried.filter((route) => gatewayRoute(route).sticky.kind !== 'request').map(({ name }) => name);
}

function declaredAmong({ config: { routes } }: Pick<Force, 'config'>, name: string): ConfiguredRoute {
  const found = routes.find((route) => route.name === name);
  if (found) return found;
  throw noSuchRoute(
    name,
    routes.map((route) => route.name),
  );
}
