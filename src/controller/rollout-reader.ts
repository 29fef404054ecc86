import { Problem } from '../problem/problem.ts';
import type { Act } from '../rollout/acts/acts.ts';
import { type Actor, SERIN } from '../rollout/event.ts';
import type { LookAge } from '../rollout/look-age.ts';
import { type AuditEntry, noSuchRollout, type RolloutRecord } from '../rollout/record.ts';
import { MOST_REPORTED_MESSAGES } from '../rollout/report/report-parts.ts';
import { shareInForce } from '../rollout/split-order.ts';
import { isEnded } from '../rollout/state.ts';
import type { AuditFilter, RolloutFilter, Store } from '../store/store.ts';
import { actsNow, recentPolicy } from './acts/surroundings.ts';
import { type Memory, overdueAfterMs } from './memory.ts';
import { orRemembered } from './patience.ts';
import type { ControllerPorts } from './ports.ts';
import { noSuchRoute } from './start.ts';

const PAGE = 100;

/**
 * Reads the store; while it is away, running rollouts are answered from memory, as last known. Memory never answers for
 * the list of all rollouts: a partial list would pass for the whole.
 */
export function rolloutReader(
  store: Pick<Store, 'rollouts' | 'trails' | 'audit' | 'outbox'>,
  { looks }: Pick<Memory, 'looks'>,
  declared: () => readonly string[],
) {
  return {
    find: (id: string) =>
      orRemembered(
        () => store.rollouts.find(id),
        () => looks.find(id),
      ),
    async list(filter: RolloutFilter) {
      const { route, routes, active, limit } = filter;
      const read = async () => {
        if (route !== undefined) await refuseUnreadable(store, route);
        return store.rollouts.list(filter);
      };
      const known = () => {
        const running = looks
          .known()
          .filter(({ rollout }) => route === undefined || rollout.route === route)
          .filter(({ rollout }) => routes === undefined || routes.includes(rollout.route));
        return active === true && running.length > 0 ? running.toReversed().slice(0, limit) : null;
      };
      const found = await orRemembered(read, known);
      if (found.length === 0 && filter.beforeId === undefined) await refuseUnheardOf(store, route, declared());
      return found;
    },
    async trail(id: string) {
      const rows = await store.trails.read(id);
      if (rows.length === 0 && !(await store.rollouts.find(id))) {
        throw noSuchRollout(id);
      }
      return rows;
    },
    async audit(filter: AuditFilter) {
      const found = await store.audit.list(filter);
      if (found.length > 0 || filter.beforeSeq !== undefined) return found;
      const { rolloutId } = filter;
      if (rolloutId !== undefined && !(await store.rollouts.find(rolloutId))) throw noSuchRollout(rolloutId);
      await refuseUnheardOf(store, filter.route, declared());
      return found;
    },
    async messages(rolloutId: string, limit: number) {
      const found = await store.outbox.ofRollout(rolloutId, limit);
      if (found.length === 0 && !(await store.rollouts.find(rolloutId))) throw noSuchRollout(rolloutId);
      return found;
    },
    /** All that a report is made of; nothing of it from memory, which knows less. */
    async reportParts(id: string) {
      const record = await store.rollouts.find(id);
      if (!record) throw noSuchRollout(id);
      // Before the audit, so that it has the entry of each message.
      const messages = await store.outbox.ofRollout(id, 2 * MOST_REPORTED_MESSAGES);
      const audit = await wholeAudit(store, id);
      return { record, audit, messages: messages.toReversed(), trail: await store.trails.read(id) };
    },
    verifyAudit: () => store.audit.verify(),
  };
}

/** Every entry of a rollout, the oldest first. */
async function wholeAudit({ audit }: Pick<Store, 'audit'>, rolloutId: string): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let page = await audit.list({ rolloutId, limit: PAGE }); page.length > 0; ) {
    entries.push(...page);
    const last = entries.at(-1);
    page = last && page.length === PAGE ? await audit.list({ rolloutId, limit: PAGE, beforeSeq: last.seq }) : [];
  }
  return entries.toReversed();
}

/** An undeclared route without any record is a misspelt name; one that used to be declared still has its history. */
async function refuseUnheardOf(
  store: Pick<Store, 'rollouts' | 'audit'>,
  route: string | undefined,
  declared: readonly string[],
): Promise<void> {
  if (route === undefined || declared.includes(route)) return;
  const [[rollout], [entry]] = await Promise.all([
    store.rollouts.list({ route, limit: 1 }),
    store.audit.list({ route, limit: 1 }),
  ]);
  if (!rollout && !entry) throw noSuchRoute(route, declared);
}

/** Never show an older rollout in place of one that cannot be read. */
async function refuseUnreadable(store: Pick<Store, 'rollouts'>, route: string): Promise<void> {
  const [damaged] = (await store.rollouts.unreadable()).filter((record) => record.route === route);
  if (damaged) throw new Problem('internal', damaged.reason);
}

/** Why a rollout was sent back to the stable, or is held for harm, which the database has not recorded yet. */
interface Pending {
  readonly event: string;
  readonly by: string;
  readonly role: Actor['role'];
  readonly reason: string;
  /** Epoch ms; null where only the gateway saw it. */
  readonly at: number | null;
}

/** What this process knows of a rollout beyond its record: how old the last look is, what waits to be recorded, what may be done. */
export function standingOf(
  ports: ControllerPorts,
  record: RolloutRecord,
): {
  readonly look: LookAge | null;
  readonly unrecorded: Pending | null;
  readonly databaseNowMs: number;
  readonly acts: readonly Act[];
  readonly policyDigest: string | null;
  readonly inForceBps: number | null;
} {
  const policy = recentPolicy(ports, record.rollout.policy.metadata.name);
  const policyDigest = 'digest' in policy ? policy.digest : null;
  return {
    ...known(ports, record),
    databaseNowMs: ports.memory.time.estimate(),
    acts: actsNow(ports, record),
    policyDigest,
    inForceBps: inForceOf(ports, record),
  };
}

/** The share of the canary by now, as far as this process knows. */
export function inForceOf(ports: Pick<ControllerPorts, 'memory' | 'tickMs'>, record: RolloutRecord): number | null {
  const share = shareInForce(record.rollout, ports.memory.time.estimate());
  const { unrecorded } = known(ports, record);
  // What the gateway took back is with the stable, whatever the database still says.
  return share !== null && unrecorded !== null && unrecorded.event !== 'harmHeld' ? 0 : share;
}

function known(
  { memory, tickMs }: Pick<ControllerPorts, 'memory' | 'tickMs'>,
  { rollout, evidence }: RolloutRecord,
): { readonly look: LookAge | null; readonly unrecorded: Pending | null } {
  if (isEnded(rollout)) return { look: null, unrecorded: null };
  const { looks, unrecorded, brakes, heldHarm, time } = memory;
  const { id } = rollout;
  const look = looks.standing(id) ?? {
    agoMs: Math.max(0, time.estimate() - evidence.lookedAt),
    overdueMs: overdueAfterMs(tickMs),
    failures: 0,
    trouble: null,
  };
  const done = unrecorded.get(id);
  if (done) {
    const { event, by, reason, at } = done;
    return { look, unrecorded: { event: event.kind, by: by.name, role: by.role, reason, at } };
  }
  const braked = brakes.get(id);
  const held = heldHarm.get(id);
  if (braked === undefined && held !== undefined) {
    return { look, unrecorded: { event: held.kind, by: SERIN.name, role: SERIN.role, reason: held.reason, at: null } };
  }
  if (braked === undefined) return { look, unrecorded: null };
  return {
    look,
    unrecorded: { event: 'canaryBraked', by: SERIN.name, role: SERIN.role, reason: braked.reason, at: null },
  };
}
