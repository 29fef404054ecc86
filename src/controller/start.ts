import type { LoadedPolicy } from '../policy/read.ts';
import type { Policy } from '../policy/schema.ts';
import { someOf, suggest } from '../policy/suggest.ts';
import { didYouMean } from '../policy/wording.ts';
import { Problem } from '../problem/problem.ts';
import type { StartCommand, Started } from '../rollout/commands.ts';
import type { Actor, StartedEvent } from '../rollout/event.ts';
import { noEvidence } from '../rollout/evidence.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor } from '../rollout/split-order.ts';
import { isEnded } from '../rollout/state.ts';
import { begin } from '../rollout/transition.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { Upstream } from '../split/order.ts';
import type { RolloutChange } from '../store/store.ts';
import { refuseToStart, sameVersion } from './acts/start-refusal.ts';
import { auditDraft, changeFor } from './commit.ts';
import { applyOrder } from './order.ts';
import type { ControllerPorts, DeclaredRoute } from './ports.ts';
import { effectiveStable } from './reconcile.ts';
import { settle } from './settle.ts';
import { trySource } from './try-source.ts';
import { whatGoesUnread } from './unmeasurable.ts';
import { canaryUpstream, healthUrl } from './upstream.ts';
import { guardWarning } from './warnings/guard-warning.ts';
import { NOT_STICKY, stickyStart } from './warnings/sticky-warning.ts';
import { countsOnLogs, whyNoLogs } from './warnings/unheard-logs.ts';

const HISTORY = 1_000;
/** Sources have their own time-outs; the client that starts a rollout is waiting for the answer. */
const PREFLIGHT_MS = 20_000;
/** Attempts of one version share a false-promotion budget for this long (docs/statistics.md section 3.6, rule 3). */
const RECENT_MS = 30 * 86_400_000;

/**
 * Starts a rollout, or answers with the running one if it is the same. Every refusal happens before anything is
 * written: an unknown route or policy, an upstream that the actor may not use, a version that was rolled back, a canary
 * that does not answer, a source that cannot answer the policy's questions.
 */
export async function startRollout(ports: ControllerPorts, command: StartCommand, by: Actor): Promise<Started> {
  const route = declaredRoute(ports, command.route);
  const loaded = loadedPolicy(ports, command.policy ?? route.policy);
  const canary = canaryUpstream(command.canaryUrl, command.version);
  const history = await settledHistory(ports, route.name);
  const running = history.find(({ rollout }) => !isEnded(rollout));
  const stable = await stableOf(ports, route);

  if (running && sameRollout(running, canary, loaded)) return { record: running, created: false };
  refuseToStart(ports, { command, by, route, loaded, canary, stable, history });
  const { gatewayCarries } = capabilitiesOf(route);
  const { path, status } = route.health;
  const failure = gatewayCarries ? await ports.probe(healthUrl(canary, path), status) : null;
  if (failure !== null) throw new Problem('refused', `the canary does not pass preflight: ${failure}`);
  const { checks } = loaded.policy.spec;
  const untried = await trySource(
    ports.source,
    {
      route: route.name,
      versions: { stable: stable.version, canary: canary.version },
      queries: checks.queries,
    },
    AbortSignal.timeout(PREFLIGHT_MS),
  );
  if (untried !== null) throw new Problem('refused', `the policy does not pass preflight: ${untried}`);

  const at = await ports.memory.time.ask(ports.store);
  const earlier = history.filter(({ rollout }) => sameVersion(rollout.canary, canary));
  const recent = earlier.filter(({ rollout }) => at - rollout.startedAt < RECENT_MS);
  const lastEpoch = Math.max(0, ...history.map(({ rollout }) => rollout.splitEpoch));
  const sticky = gatewayCarries ? await stickyStart(ports, route, loaded.policy) : NOT_STICKY;
  const event: StartedEvent = {
    kind: 'rolloutStarted',
    id: ports.newId(history[0]?.rollout.id),
    route: route.name,
    attempt: earlier.length + 1,
    recentAttempt: recent.length + 1,
    draw: 'by-unit',
    ...(sticky.heavyLast === null ? {} : { heavyLast: sticky.heavyLast }),
    stable,
    canary,
    policy: loaded.policy,
    policyDigest: loaded.digest,
    // The superseded rollout takes the next epoch itself.
    splitEpoch: lastEpoch + 2,
    ...(route.router === undefined || route.router === 'gateway' ? {} : { router: route.router }),
  };
  const ofGateway = gatewayCarries ? [await guardWarning(ports, event), sticky.warning] : [];
  const warnings = [...ofGateway, whatGoesUnread(route, checks), unheardLogs(ports, route, checks)];
  const warning = warnings.filter((one) => one !== null).join('; and ') || null;
  const record = await ports.memory.declarations.take(() => {
    refuseOtherDeclaration(ports, route);
    return insert(ports, event, running, { at, by, reason: command.reason, warning });
  });
  return { record, created: true };
}

/** Preflight takes its time, and was of the route as it was declared. */
function refuseOtherDeclaration(ports: ControllerPorts, route: DeclaredRoute): void {
  const pinned = ({ stable, router, evidence, sticky }: DeclaredRoute) =>
    JSON.stringify([stable, router, evidence, sticky]);
  if (pinned(declaredRoute(ports, route.name)) === pinned(route)) return;
  throw new Problem(
    'conflict',
    `serin.yaml declares the route ${route.name} anew since preflight began: nothing was started; start the rollout again`,
  );
}

/** A start is not refused for it: lines may come with the rollout, and the check says so as long as none do. */
function unheardLogs(
  { logsHeard }: Pick<ControllerPorts, 'logsHeard'>,
  { name, isLogged = false }: DeclaredRoute,
  checks: Policy['spec']['checks'],
): string | null {
  return logsHeard && countsOnLogs(checks, isLogged) ? whyNoLogs(logsHeard(name)) : null;
}

/** The rollouts of a route, newest first, once everything owed to the record is written. */
async function settledHistory(ports: ControllerPorts, route: string): Promise<readonly RolloutRecord[]> {
  const history = await readHistory(ports, route);
  const running = history.find(({ rollout }) => !isEnded(rollout));
  return running && (await settle(ports, running, null)) !== null ? readHistory(ports, route) : history;
}

/** The rollouts of a route, newest first. Throws Problem where one of them cannot be read. */
export async function readHistory(
  ports: Pick<ControllerPorts, 'store'>,
  route: string,
): Promise<readonly RolloutRecord[]> {
  const [damaged] = (await ports.store.rollouts.unreadable()).filter((record) => record.route === route);
  if (damaged) throw new Problem('conflict', `${damaged.reason} Repair it before another rollout is started.`);
  return ports.store.rollouts.list({ route, limit: HISTORY });
}

async function insert(
  ports: ControllerPorts,
  event: StartedEvent,
  running: RolloutRecord | undefined,
  {
    at,
    by,
    reason,
    warning,
  }: { readonly at: number; readonly by: Actor; readonly reason: string; readonly warning: string | null },
): Promise<RolloutRecord> {
  const started = begin(event, at, { by, reason });
  const evidence = noEvidence(event.policy, at);
  const passed = changeFor(
    ports,
    { rollout: started, evidence },
    { event: { kind: 'preflightPassed', ...(warning === null ? {} : { warning }) }, at, actor: by, reason },
    null,
  );
  const superseded = running && supersede(ports, running, event.canary.version, { at, by, reason });
  const change: RolloutChange = {
    ...passed,
    expectedVersion: null,
    audit: [auditDraft(null, started, { event, at, actor: by, reason }), ...passed.audit],
    ...(superseded ? { supersedes: superseded } : {}),
  };
  await ports.store.rollouts.commit(change);
  ports.log({ what: 'rolloutStarted', rollout: event.id, route: event.route, canary: event.canary.url, by: by.name });
  const record = { rollout: change.rollout, evidence: change.evidence };
  if (running) {
    ports.memory.brakes.delete(running.rollout.id);
    ports.memory.heldHarm.delete(running.rollout.id);
  }
  ports.memory.looks.changed(record);
  await applyOrder(ports, orderFor(change.rollout));
  return record;
}

function supersede(
  ports: ControllerPorts,
  running: RolloutRecord,
  version: string,
  cause: { readonly at: number; readonly by: Actor; readonly reason: string },
): RolloutChange {
  const event = { kind: 'superseded', by: version } as const;
  return changeFor(ports, running, { event, at: cause.at, actor: cause.by, reason: cause.reason }, null);
}

export async function stableOf(ports: Pick<ControllerPorts, 'store'>, route: DeclaredRoute): Promise<Upstream> {
  const stored = (await ports.store.stables.list()).find((record) => record.route === route.name);
  return effectiveStable(route, stored);
}

export function declaredRoute(ports: Pick<ControllerPorts, 'routes'>, name: string): DeclaredRoute {
  const route = ports.routes.find((declared) => declared.name === name);
  if (route) return route;
  throw noSuchRoute(
    name,
    ports.routes.map((declared) => declared.name),
  );
}

/** The error for a route that serin.yaml does not declare. */
export function noSuchRoute(name: string, declared: readonly string[]): Problem {
  const meant = didYouMean(suggest(name, declared));
  return new Problem('not-found', `there is no route ${name}; serin.yaml declares ${someOf(declared)}${meant}`);
}

export function loadedPolicy(ports: Pick<ControllerPorts, 'policy' | 'policyNames'>, name: string): LoadedPolicy {
  const loaded = ports.policy(name);
  if (!loaded) {
    const names = ports.policyNames?.() ?? [];
    const known = names.length === 0 ? '' : `; there are ${someOf(names)}${didYouMean(suggest(name, names))}`;
    throw invalid('policy', `there is no policy ${name}${known}`);
  }
  return loaded;
}

export function sameRollout({ rollout }: RolloutRecord, canary: Upstream, loaded: LoadedPolicy): boolean {
  return sameVersion(rollout.canary, canary) && rollout.policyDigest === loaded.digest;
}

function invalid(path: string, message: string): Problem {
  return new Problem('invalid-input', message, { issues: [{ path, message }] });
}
