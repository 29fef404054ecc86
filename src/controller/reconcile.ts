import { messageOf } from '../problem/log.ts';
import { SERIN } from '../rollout/event.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor, steadyOrder } from '../rollout/split-order.ts';
import { isEnded } from '../rollout/state.ts';
import type { SplitOrder, Upstream } from '../split/order.ts';
import type { KeptStable, StableDeclaration, Store } from '../store/store.ts';
import { changeFor } from './commit.ts';
import { applyOrder } from './order.ts';
import type { ControllerPorts, DeclaredRoute } from './ports.ts';

const HISTORY = 100;

/** The stable that serves a route: the one a finalised rollout made it, while the file still declares one that it replaced. */
export function effectiveStable(route: DeclaredRoute, stored: KeptStable | undefined): Upstream {
  return stored && replacedBy(stored).includes(route.stable.url) ? stored.stable : route.stable;
}

/** Declared URLs, the first one first. */
function replacedBy({ alsoReplaced, replacedUrl }: KeptStable): readonly string[] {
  return alsoReplaced.includes(replacedUrl) ? alsoReplaced : [...alsoReplaced, replacedUrl];
}

/** The complete desired split of a route, from the store and the file alone; with a promoted stable as it is stored, or without. */
export async function desiredOrder(
  ports: Pick<ControllerPorts, 'store'>,
  route: DeclaredRoute,
  promoted: 'as-stored' | 'forgotten' = 'as-stored',
): Promise<SplitOrder> {
  const [latest] = await ports.store.rollouts.list({ route: route.name, limit: 1 });
  if (latest && !isEnded(latest.rollout)) return orderFor(latest.rollout);
  const stored =
    promoted === 'forgotten'
      ? undefined
      : (await ports.store.stables.list()).find((record) => record.route === route.name);
  return steadyOrder(route.name, effectiveStable(route, stored), latest?.rollout.splitEpoch ?? 0);
}

/**
 * After a start or an outage, every route is served as the last commit left it. A failing router holds up no other route,
 * and is tried again at the next tick. What the gateway did by itself stays until it is recorded: the store knows less.
 */
export async function reconcile(
  ports: ControllerPorts,
  signal: AbortSignal,
  routes: readonly DeclaredRoute[] = ports.routes,
): Promise<void> {
  const { unapplied } = ports.memory;
  for (const route of routes) {
    const mark = unapplied.get(route.name);
    await carryOut(ports, await desiredOrder(ports, route), { mark, signal });
  }
}

interface Carrying {
  /** Of the route, from before the order was made. */
  readonly mark: { readonly reason: string | null } | undefined;
  readonly signal?: AbortSignal;
}

/** What fails is logged, and tried again at the next tick. Never rejects. */
export async function carryOut(
  ports: Pick<ControllerPorts, 'router' | 'memory' | 'log'>,
  order: SplitOrder,
  { mark, signal }: Carrying,
): Promise<void> {
  const { unapplied } = ports.memory;
  const { route } = order;
  try {
    await applyOrder(ports, order, signal);
    // A newer order may have failed meanwhile, or this one was postponed: either has its own mark.
    if (unapplied.get(route) === mark) unapplied.delete(route);
  } catch (error) {
    const isNews = typeof mark?.reason !== 'string';
    unapplied.set(route, { reason: messageOf(error) });
    if (isNews) ports.log({ what: 'splitNotApplied', level: 'error', route, error });
  }
}

/**
 * The file declares a stable other than those that a promotion replaced: here the file wins, and the audit says so. The promoted one stays
 * known, because another replica may still have the former file. While a rollout runs on the route its pinned stable stays; the next one
 * starts from the file's.
 */
export async function declareStables(
  { store, replica }: Pick<ControllerPorts, 'replica'> & { readonly store: Pick<Store, 'stables' | 'now'> },
  routes: readonly DeclaredRoute[],
): Promise<void> {
  const declarations = await stableDeclarations({ store, replica }, routes);
  if (declarations.length > 0) await store.stables.declare(declarations);
}

/**
 * What the file says of promoted stables, with the entry of each. `before` are the routes that this process has had so far: a file that
 * goes back to a stable that was replaced is told from one that is late.
 */
export async function stableDeclarations(
  { store, replica: by }: Pick<ControllerPorts, 'replica'> & { readonly store: Pick<Store, 'stables' | 'now'> },
  routes: readonly DeclaredRoute[],
  before: readonly DeclaredRoute[] = [],
): Promise<readonly StableDeclaration[]> {
  const declarations: StableDeclaration[] = [];
  for (const stored of await store.stables.list()) {
    const route = routes.find(({ name }) => name === stored.route);
    if (!route) continue;
    const replaced = replacedBy(stored);
    const place = replaced.indexOf(route.stable.url);
    const placeBefore = replaced.indexOf(before.find(({ name }) => name === route.name)?.stable.url ?? '');
    const wasOther = stored.declaredBy.includes(by);
    if (place < 0 ? wasOther : !wasOther && placeBefore <= place) continue;
    declarations.push({
      says: place < 0 ? 'others' : 'again',
      by,
      promoted: stored.stable.url,
      entry: {
        at: await store.now(),
        actor: SERIN,
        route: stored.route,
        rolloutId: null,
        event: { kind: 'stableDeclared', stable: route.stable },
        reason: whyDeclared(route, stored, place),
        before: stored.stable,
        after: route.stable,
      },
    });
  }
  return declarations;
}

function whyDeclared({ stable: { url } }: DeclaredRoute, stored: KeptStable, place: number): string {
  if (place >= 0) return `serin.yaml declares ${url} again`;
  return url === stored.stable.url
    ? 'serin.yaml declares the promoted stable now'
    : `serin.yaml declares another stable than ${stored.replacedUrl}`;
}

/** A rollback's page is resolved when the route next promotes. Repeated at every tick until nothing is left to resolve. */
export async function resolvePages(ports: ControllerPorts, leaseEpoch: number): Promise<void> {
  for (const route of ports.routes) {
    const history = await ports.store.rollouts.list({ route: route.name, limit: HISTORY });
    const latest = history.findIndex(({ rollout }) => ['promoted', 'finalised'].includes(rollout.stage.kind));
    const promoted = history[latest];
    if (!promoted) continue;
    const earlier = history.slice(latest + 1);
    const open = earlier.filter(({ rollout }) => rollout.openPage !== null && isEnded(rollout));
    for (const record of open) {
      try {
        await resolvePage(ports, record, promoted, leaseEpoch);
      } catch (error) {
        ports.log({ what: 'pageNotResolved', level: 'error', route: route.name, rollout: record.rollout.id, error });
      }
    }
  }
}

async function resolvePage(
  ports: ControllerPorts,
  record: RolloutRecord,
  promoted: RolloutRecord,
  leaseEpoch: number,
): Promise<void> {
  const event = { kind: 'pageResolved', reason: `${promoted.rollout.canary.version} was promoted` } as const;
  const at = await ports.store.now();
  await ports.store.rollouts.commit(changeFor(ports, record, { event, at, actor: SERIN, reason: '' }, leaseEpoch));
}
