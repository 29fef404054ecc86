import type { Gateway, GatewayOptions, GatewayRoute } from './gateway.ts';
import { clockFrom } from './http/clock.ts';
import { Faults } from './http/faults.ts';
import { limitsOf } from './http/limits.ts';
import { refuseSocket } from './http/refuse.ts';
import { type ClientTimeouts, DEFAULT_DOWNLOAD_MS, sweepMsOf, timeoutsOf } from './http/timeouts.ts';
import { Via } from './http/via.ts';
import { AccessLog } from './measure/access-log.ts';
import { BodyQueue } from './measure/reading/body-queue.ts';
import { Pools } from './route/destinations.ts';
import { Follower } from './route/follower.ts';
import { ConsumerTokens } from './route/jwt/consumer-tokens.ts';
import { loadKeys } from './route/jwt/load-keys.ts';
import { Peers } from './route/peer.ts';
import { RouteTable } from './route/route-table.ts';
import { createApp, NO_ROUTE } from './serve/app.ts';
import { ConnectionLimits } from './serve/connection-limits.ts';
import { createListener } from './serve/listener.ts';
import { openTunnel } from './serve/open-tunnel.ts';
import { Front } from './serve/plain/front.ts';
import { UploadWatch } from './serve/upload-watch.ts';
import { OwnListeners } from './upstream/own-listeners.ts';
import { probe } from './upstream/probe.ts';
import { timedRequest } from './upstream/timed-request.ts';
import { upstreamTrust } from './upstream/upstream-trust.ts';

/** The data path of one process: a listener, its routes, and what the control plane may do to it. */
export function createGateway(options: GatewayOptions): Gateway {
  const limits = limitsOf(options.limits);
  const peers = new Peers(options.trustedProxies, limits);
  const trust = upstreamTrust(options.upstreamCa);
  const faults = new Faults(options.onFault);
  const timeouts: ClientTimeouts = { downloadMs: DEFAULT_DOWNLOAD_MS, ...options.timeouts };
  const ofRoutes = options.routes.map((declared) => timeoutsOf(options.timeouts, declared.timeouts));
  const answers = ofRoutes.flatMap(({ answerMs, silenceMs }) => [answerMs, silenceMs]);
  const own = options.own ?? new OwnListeners();
  const { inFlightPerUpstream, forcedPerUpstream } = limits;
  const pools = new Pools(
    { own, inFlight: inFlightPerUpstream, forced: forcedPerUpstream, sweepMs: sweepMsOf(answers), faults },
    trust,
  );
  const watch = new UploadWatch(
    sweepMsOf(ofRoutes.flatMap(({ uploadMs, uploadGraceMs }) => [uploadMs, uploadGraceMs])),
    faults,
  );
  const clock = clockFrom(options.now);
  const accessLog = options.accessLog ? new AccessLog(options.accessLog, () => clock.wall(), faults) : null;
  const bodies = new BodyQueue(faults);
  const via = new Via();
  const { folder = '.', onTokenNews = () => {} } = options;
  const tokensOf = ({ name, consumerKey }: GatewayRoute): ConsumerTokens | null => {
    if (consumerKey?.kind !== 'jwt') return null;
    const { rule } = consumerKey;
    const load = () => loadKeys(rule.jwks, { own, trust, folder });
    return new ConsumerTokens({ route: name, rule, load, clock, faults, onNews: onTokenNews });
  };
  const follower = new Follower({
    routes: options.routes,
    timeouts: options.timeouts,
    secret: options.secret,
    via,
    pools,
    clock,
    accessLog,
    bodies,
    onBrake: options.onBrake ?? (() => {}),
    slices: options.slices ?? 'on',
    tokensOf,
    faults,
  });
  const table = new RouteTable(follower.routes, ({ declared }) => declared);
  const serving = { peers, bodyBytes: limits.bodyBytes, watch, faults };
  let isListening = false;
  let app = createApp(table, follower.routes, serving);
  const { fastPath = 'on' } = options;
  const server = createListener({
    front: fastPath === 'on' ? new Front({ via, table, peers, timeouts, limits, watch, faults }) : null,
    app: { fetch: (request, env) => app.fetch(request, env) },
    timeouts,
    limits,
    via,
    connectionLimits: new ConnectionLimits(limits, peers, faults),
    upgrade: (incoming, socket, head) => {
      const state = table.find(incoming.headers.host ?? '', incoming.target.path);
      if (!state) return refuseSocket(socket, NO_ROUTE);
      openTunnel(state, { incoming, client: socket, head }, { peers, downloadMs: timeouts.downloadMs, faults });
    },
    faults,
  });

  return {
    listen: async () => {
      const { address, port } = await server.listen(options.listen);
      own.add(address, port, 'gateway');
      isListening = true;
      for (const { tokens } of follower.routes) tokens?.start();
      return { port };
    },
    admit: async (routes) => follower.admit(routes),
    redeclare: async ({ routes, timeouts: ofGateway, trustedProxies }) => {
      const started = new Set(follower.routes.map(({ tokens }) => tokens));
      follower.redeclare(routes, ofGateway);
      peers.trust(trustedProxies);
      app = createApp(table, follower.routes, serving);
      table.replace(follower.routes);
      if (!isListening) return;
      for (const { tokens } of follower.routes) {
        if (started.has(tokens)) tokens?.renew();
        else tokens?.start();
      }
    },
    setSplit: async (order) => follower.setSplit(order),
    toStable: async (order) => follower.toStable(order),
    appliedSplit: async (name) => follower.appliedSplit(name),
    setConsumers: async (name, rules, names, dues) => follower.setConsumers(name, rules, names, dues),
    collect: async (name, after, slowAfterMs) => follower.find(name).recorder.collect(after, slowAfterMs),
    peek: async (name, after, slowAfterMs) => follower.find(name).recorder.peek(after, slowAfterMs),
    slices: async (name) => follower.find(name).recorder.slices(),
    units: async (name, draws) => follower.find(name).recorder.unitRecord?.counts(draws) ?? null,
    knownUnits: async (name) => follower.find(name).recorder.unitRecord?.known() ?? null,
    postValues: async (name, values) => follower.find(name).recorder.reading.post(values),
    sightings: async (name, names) => {
      const { reading, pairs } = follower.find(name).recorder;
      return new Map([...reading.sightings(names), ...pairs.sightings(names)]);
    },
    tend: async (name) => follower.find(name).recorder.tend(),
    takeConsumerDays: async () => follower.takeConsumerDays(),
    unitLedger: async (name) => follower.find(name).recorder.unitRecord?.bytes() ?? null,
    restoreUnits: async (name, bytes) => follower.find(name).recorder.unitRecord?.restore(bytes),
    durations: async () => follower.routes.flatMap(({ recorder }) => recorder.durations()),
    mirrored: async () => follower.routes.flatMap(({ mirror }) => mirror?.read() ?? []),
    tokens: async () => follower.routes.flatMap(({ tokens }) => tokens?.totals() ?? []),
    totals: async () => follower.routes.flatMap(({ recorder }) => recorder.totals()),
    timed: (url, method, timeoutMs) => timedRequest(url, { method, timeoutMs, trust, own, via }),
    probe: (url, timeoutMs, well) => probe(url, { timeoutMs, trust, own, via, ...(well ? { well } : {}) }),
    close: async (graceMs) => {
      for (const { mirror, tokens } of follower.routes) {
        mirror?.stop();
        tokens?.stop();
      }
      await server.close(graceMs);
      pools.destroy();
      watch.stop();
      await bodies.stop();
      accessLog?.flush();
    },
  };
}
