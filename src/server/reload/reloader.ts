import { hostname } from 'node:os';
import {
  type ConfigurationChange,
  changedPath,
  changesBetween,
  type RunningRollout,
} from '../../config/changes/configuration-change.ts';
import { inForceAfter } from '../../config/changes/in-force-after.ts';
import { declaredSecrets } from '../../config/declared-secrets.ts';
import { checkedConfig, type LoadedConfig, loadConfig, loadPolicies } from '../../config/load.ts';
import { gatewayRoute } from '../../config/routes.ts';
import { gatewayTimeouts } from '../../config/timeouts.ts';
import { soon } from '../../controller/patience.ts';
import type { ControllerPorts } from '../../controller/ports.ts';
import { carryOut, desiredOrder, stableDeclarations } from '../../controller/reconcile.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { resolveSecret } from '../../identity/secrets.ts';
import { formatIssue } from '../../policy/place.ts';
import type { LoadedPolicy } from '../../policy/read.ts';
import { type Log, messageOf } from '../../problem/log.ts';
import { type Issue, Problem } from '../../problem/problem.ts';
import type { Actor } from '../../rollout/event.ts';
import type { SplitOrder } from '../../split/order.ts';
import type { ListedConsumer, StableDeclaration, Store } from '../../store/store.ts';
import { type Force, type InForce, openConfiguration } from './in-force.ts';

export interface ReloaderParts {
  readonly inForce: InForce;
  readonly env: NodeJS.ProcessEnv;
  readonly notices: ((line: string) => void) | null;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly ports: ControllerPorts;
  /** Puts the consumers of a route into force at the gateway. */
  readonly follow: (route: string, given?: readonly ListedConsumer[]) => Promise<void>;
  /** What is remembered of the units of these routes. */
  readonly loadUnits: (routes: readonly string[]) => Promise<void>;
  /** For what keeps something of its own for each route. */
  readonly onReplaced: (force: Force) => void;
  readonly log: Log;
}

/** Who has the file read again, and why. */
export interface ReloadCause {
  readonly by: Actor;
  readonly reason: string;
}

export interface Reloading {
  /** What counts from now on, or would. */
  readonly applied: readonly ConfigurationChange[];
  /** What the file says and only a restart brings. */
  readonly waiting: readonly ConfigurationChange[];
}

/** How the last reading went. */
export interface LastReload {
  /** When the configuration in force was read, epoch ms. */
  readonly successfulAt: number;
  /** The first fault of the file as it is now; null where the last reading was successful. */
  readonly fault: string | null;
  readonly waiting: readonly ConfigurationChange[];
}

const MOST_RUNNING = 1_000;
const MOST_TOLD = 5_000;

/** Reads serin.yaml again and puts it into force as a whole, or leaves everything as it is. One reading at a time. */
export class Reloader {
  private readonly parts: ReloaderParts;
  private policies: ReadonlyMap<string, LoadedPolicy>;
  private turn: Promise<unknown> = Promise.resolve();
  private isStopped = false;
  private last: LastReload = { successfulAt: Date.now(), fault: null, waiting: [] };

  constructor(parts: ReloaderParts) {
    this.parts = parts;
    this.policies = loadPolicies(parts.inForce.now.loaded);
  }

  state(): LastReload {
    return this.last;
  }

  /** Null where this Serin has no file, as in the demo. */
  get file(): string | null {
    return this.parts.inForce.now.loaded.document?.file ?? null;
  }

  /**
   * Throws Problem: 'invalid-input' with each fault and its place, 'refused' for what may not change while a rollout runs, 'unavailable' while
   * the database does not answer. Then the last good file stays in force.
   */
  async reload(cause: ReloadCause, mode: 'apply' | 'dry-run'): Promise<Reloading> {
    if (this.isStopped) throw new Problem('unavailable', 'Serin is stopping: nothing is read again');
    const next = this.parts.ports.memory.declarations.take(() =>
      mode === 'apply' ? this.apply(cause) : this.plan().then(({ told }) => told),
    );
    this.turn = next.catch(() => {});
    return next;
  }

  /** What is being read may come to its end first, unless the database holds it up. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await soon(this.turn).catch(() => {});
  }

  private async apply(cause: ReloadCause): Promise<Reloading> {
    const { log } = this.parts;
    try {
      const plan = await this.plan();
      await this.putIntoForce(plan, cause);
      const { applied, waiting } = plan.told;
      const isNews =
        applied.length > 0 || this.last.fault !== null || JSON.stringify(waiting) !== JSON.stringify(this.last.waiting);
      this.last = { successfulAt: Date.now(), fault: null, waiting };
      if (isNews) log({ what: 'configReloaded', changed: applied.map(changedPath), waiting: waiting.map(changedPath) });
      return plan.told;
    } catch (error) {
      this.last = { ...this.last, fault: faultOf(error) };
      const faults = error instanceof Problem ? error.issues.map(formatIssue) : [];
      log({ what: 'configRefused', level: 'error', reason: messageOf(error), faults });
      throw error;
    }
  }

  /** Reads and checks everything, and changes nothing. */
  private async plan(): Promise<Plan> {
    const { inForce, env, notices, store } = this.parts;
    const { loaded: present } = inForce.now;
    const { document: before } = present;
    if (before === null)
      throw new Problem('refused', 'this Serin was started without a file: there is nothing to read again');
    const read = loadConfig(before.file, env);
    const merged = inForceAfter(present, read);
    const { document, folder } = read;
    if (document === null) throw new Problem('internal', 'a file was read without its places');
    const config = checkedConfig({ file: before.file, document, filled: merged.filled });
    const loaded: LoadedConfig = { config, document, folder, ...merged };
    refuse(before.file, missingSecrets(loaded, env));
    const force = await openConfiguration(loaded, { env, notices });
    // After their fingerprint: one that is written meanwhile is read again.
    const policies = loadPolicies(loaded);
    const running = await runningRollouts(store);
    const changes = [...changesBetween(present, read, running), ...policyChanges(this.policies, policies)];
    const refused = changes.flatMap(({ at, after, effect }): readonly Issue[] => {
      if (effect.kind !== 'refused') return [];
      // What was taken out of the file has no place there: its list has.
      const isGone = after === null && at.length === 2;
      return [
        document.issue({ path: isGone ? at.slice(0, 1) : at, message: effect.why, at: isGone ? 'key' : 'value' }),
      ];
    });
    if (refused.length > 0) {
      throw new Problem('refused', `${before.file} cannot be applied: ${refused[0]?.message}`, { issues: refused });
    }
    const told = {
      applied: changes.filter(({ effect }) => effect.kind === 'applied'),
      waiting: changes.filter(({ effect }) => effect.kind === 'needs-restart'),
    };
    return { force, policies, told };
  }

  private async putIntoForce({ force, policies, told }: Plan, { by, reason }: ReloadCause): Promise<void> {
    const { inForce, store, gateway, ports, follow, loadUnits, onReplaced } = this.parts;
    const before = inForce.now;
    const known = new Set(before.carried.map(({ name }) => name));
    const added = force.carried.filter(({ name }) => !known.has(name));
    const rekeyed = force.carried.filter(({ name }) =>
      told.applied.some(({ path }) => path[1] === name && path[2] === 'consumerKey'),
    );
    const moved = force.routes.filter(({ name, stable, router }) => {
      const earlier = before.routes.find((route) => route.name === name);
      return (
        earlier?.stable.url !== stable.url || earlier.stable.version !== stable.version || earlier.router !== router
      );
    });
    const lists = new Map<string, readonly ListedConsumer[]>();
    const orders: Ordered[] = [];
    // Everything that needs the database comes first, and what is written there last of all: nothing is half in force.
    try {
      // They serve nothing yet.
      await gateway.admit(added.map(gatewayRoute));
      for (const { name } of added) await follow(name);
      await loadUnits(
        added.filter(({ sticky }) => sticky !== undefined && sticky.kind !== 'request').map(({ name }) => name),
      );
      for (const route of force.routes) {
        if (added.some(({ name }) => name === route.name)) await gateway.setSplit(await desiredOrder(ports, route));
      }
      for (const { name } of rekeyed) lists.set(name, await store.consumers.list(name));
      const declarations = await stableDeclarations(ports, force.routes, before.routes);
      for (const route of moved) {
        const isAgain = declarations.some(({ says, entry }) => says === 'again' && entry.route === route.name);
        const order = await desiredOrder(ports, route, isAgain ? 'forgotten' : 'as-stored');
        orders.push({ mark: ports.memory.unapplied.get(route.name), order });
      }
      await this.record(told, { by, reason }, declarations);
    } catch (error) {
      await gateway.redeclare(declarationOf(before));
      throw error;
    }
    inForce.replace(force);
    await gateway.redeclare(declarationOf(force));
    this.policies = policies;
    onReplaced(force);
    for (const [name, list] of lists) await follow(name, list);
    for (const { order, mark } of orders) await carryOut(ports, order, { mark });
  }

  /** What nothing came of is not told again. */
  private async record(
    { applied, waiting }: Reloading,
    { by, reason }: ReloadCause,
    declarations: readonly StableDeclaration[],
  ): Promise<void> {
    const { store } = this.parts;
    const isKnown = JSON.stringify(waiting) === JSON.stringify(this.last.waiting);
    if (applied.length === 0 && isKnown) {
      if (declarations.length > 0) await store.stables.declare(declarations);
      return;
    }
    const changes = [...applied, ...waiting].map(toldChange);
    await store.stables.declare(declarations, [
      {
        at: await store.now(),
        actor: by,
        route: '',
        rolloutId: null,
        event: { kind: 'configReloaded', instance: hostname(), file: this.file, changes },
        reason,
        before: Object.fromEntries(changes.map(({ path, before }) => [path, before])),
        after: Object.fromEntries(changes.map(({ path, after }) => [path, after])),
      },
    ]);
  }
}

/** An order, and the mark that its route had when it was made. */
interface Ordered {
  readonly order: SplitOrder;
  readonly mark: { readonly reason: string | null } | undefined;
}

interface Plan {
  readonly force: Force;
  readonly policies: ReadonlyMap<string, LoadedPolicy>;
  readonly told: Reloading;
}

function declarationOf({ carried, config }: Force) {
  return {
    routes: carried.map(gatewayRoute),
    timeouts: gatewayTimeouts(config),
    trustedProxies: config.gateway.trustedProxies,
  };
}

/** Those that cannot be read as well: they run all the same. */
export async function runningRollouts({ rollouts }: Pick<Store, 'rollouts'>): Promise<readonly RunningRollout[]> {
  const readable = await rollouts.list({ active: true, limit: MOST_RUNNING });
  const unreadable = await rollouts.unreadable();
  return [
    ...readable.map(({ rollout: { id, route, canary } }) => ({ id, route, version: canary.version })),
    ...unreadable.map(({ id, route }) => ({ id, route, version: id })),
  ];
}

/** A policy counts for rollouts that begin, or are rebased, from now on. */
function policyChanges(
  before: ReadonlyMap<string, LoadedPolicy>,
  after: ReadonlyMap<string, LoadedPolicy>,
): readonly ConfigurationChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name): readonly ConfigurationChange[] => {
    const [was = null, is = null] = [before.get(name)?.digest, after.get(name)?.digest];
    if (was === is) return [];
    return [{ path: ['policies', name], at: ['policies'], before: was, after: is, effect: { kind: 'applied' } }];
  });
}

function missingSecrets({ config, document }: LoadedConfig, env: NodeJS.ProcessEnv): readonly Issue[] {
  return declaredSecrets(config).flatMap(({ path, reference }): readonly Issue[] => {
    try {
      resolveSecret(reference, env);
      return [];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { message } = error;
      return [document?.issue({ path, message, at: 'value' }) ?? { path: path.join('.'), message }];
    }
  });
}

function refuse(file: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw new Problem('invalid-input', `${file} is not valid`, { issues });
}

/** `serin.yaml:14:7 weight must rise`, without the line itself. */
function faultOf(error: unknown): string {
  const [first] = error instanceof Problem ? error.issues : [];
  return first ? (formatIssue(first).split('\n')[0] ?? first.message) : messageOf(error);
}

/** A change as people are told it; a value that is too long is left out. */
export function toldChange(change: ConfigurationChange) {
  const { before, after, effect } = change;
  const told = (value: unknown) => (JSON.stringify(value).length > MOST_TOLD ? 'too long to be told' : value);
  return { path: changedPath(change), before: told(before), after: told(after), effect: effect.kind };
}
