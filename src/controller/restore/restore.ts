import { listSide } from '../../consumers/list-before.ts';
import type { RestoreCommand, RestoreControl, ToldRestore } from '../../consumers/restore-command.ts';
import { tellChange } from '../../consumers/told-change.ts';
import { Problem } from '../../problem/problem.ts';
import { previewOf, REASON_TO_COME } from '../../rollout/acts/preview.ts';
import type { Actor, OverrideEvent } from '../../rollout/event.ts';
import { justAsked, ordered } from '../../rollout/eyes/asked.ts';
import { reasonInWords } from '../../rollout/words/quote.ts';
import { recordOverride } from '../command.ts';
import { type Cause, changeFor } from '../commit.ts';
import { declaredRoute, stableOf } from '../start.ts';
import { type PastPorts, planRestore, type RestorePlan } from './plan-restore.ts';

export interface RestorePorts extends PastPorts {
  /** Puts the stored list of a route into force. */
  readonly follow: (route: string) => Promise<void>;
}

const TRIES = 5;
const NEWEST = 20;

/** Puts the configuration of a route back as it was before an entry of the audit. */
export function createRestore(ports: RestorePorts): RestoreControl {
  return {
    /** What it would do; writes nothing. */
    async preview(route: string, to: number, by: Actor): Promise<ToldRestore> {
      const plan = await planRestore(ports, route, to);
      return tell(ports, plan, { by, reason: REASON_TO_COME });
    },

    /**
     * All of it in one transaction with one entry of the audit, or nothing where nothing differs. Throws Problem('stale') where what is
     * stored is not what the tag stands for; without a tag it is computed again.
     */
    async restore(command: RestoreCommand, by: Actor): Promise<ToldRestore> {
      const { route, to, reason, expectedTag, permit } = command;
      for (let attempt = 1; ; attempt += 1) {
        const plan = await planRestore(ports, route, to);
        if (expectedTag !== null && plan.tag !== expectedTag) throw staleRoute(plan);
        permit(plan.verbs);
        const told = await tell(ports, plan, { by, reason });
        if (plan.verbs.length === 0) return told;
        let asked: string | null;
        try {
          asked = await commit(ports, plan, { by, reason });
        } catch (error) {
          if (!(error instanceof Problem) || error.code !== 'stale') throw error;
          if (expectedTag !== null || attempt === TRIES) throw staleRoute(await planRestore(ports, route, to));
          continue;
        }
        if (asked !== null) return { ...told, asked };
        if (plan.changes.length > 0) await ports.follow(route);
        const newest = await ports.audit.list({ route, limit: NEWEST });
        const done = newest.find(({ event, actor }) => isRestoreTo(event, to) && actor.name === by.name);
        return { ...told, seq: done?.seq ?? null };
      }
    },
  };
}

interface Who {
  readonly by: Actor;
  readonly reason: string;
}

function eventOf({ entry, running }: RestorePlan): Extract<OverrideEvent, { kind: 'restored' }> {
  return { kind: 'restored', to: entry.seq, put: running?.restore.put ?? {} };
}

function isRestoreTo(event: RestorePlan['entry']['event'], to: number): boolean {
  return event.kind === 'restored' && 'to' in event && event.to === to;
}

/** Null where it is done; else what it was asked for by. */
async function commit({ controller }: RestorePorts, plan: RestorePlan, { by, reason }: Who): Promise<string | null> {
  const { entry, running, list, changes } = plan;
  const { route } = entry;
  const consumers: NonNullable<Cause['consumers']> = {
    change: {
      route,
      expected: list,
      put: changes.flatMap(({ after }) => after ?? []),
      removed: changes.flatMap(({ name, after }) => (after === null ? [name] : [])),
    },
    before: listSide(changes.map(({ before }) => before)),
    after: listSide(changes.map(({ after }) => after)),
  };
  const event = eventOf(plan);
  if (running && Object.keys(event.put).length > 0) {
    const { id, version } = running.record.rollout;
    const withList = changes.length > 0 ? { consumers } : {};
    const who = { by, reason, expectedVersion: version, ...withList };
    const { rollout } = await recordOverride(controller, id, event, who);
    return justAsked(rollout)?.command ?? null;
  }
  await controller.store.consumers.change(consumers.change, {
    at: await controller.store.now(),
    actor: by,
    route,
    rolloutId: null,
    event,
    reason,
    before: { consumers: consumers.before },
    after: { consumers: consumers.after },
  });
  return null;
}

async function tell({ controller }: RestorePorts, plan: RestorePlan, { by, reason }: Who): Promise<ToldRestore> {
  const { entry, running, changes, left, verbs, tag } = plan;
  const { route } = entry;
  let after = plan.rollout;
  let asked: string | null = null;
  const says: string[] = [];
  if (running && running.restore.parts.length > 0) {
    const at = await controller.memory.time.ask(controller.store);
    const event = ordered(running.record.rollout, eventOf(plan), at);
    const change = changeFor(controller, running.record, { event, at, actor: by, reason }, null);
    after = change.rollout;
    asked = event.kind === 'deedAsked' ? event.command : null;
    const { says: ofRollout } = previewOf({
      deed: { verb: 'restore', to: entry.seq },
      event,
      before: running.record,
      after,
      evidence: change.evidence,
      deliveries: change.deliveries,
      listed: controller.listed(route),
      at,
    });
    says.push(...ofRollout);
  }
  const served = {
    rollout: after,
    stable: after?.stable ?? (await stableOf(controller, declaredRoute(controller, route))),
  };
  const told = tellChange(route, served, changes);
  if (changes.length > 0 && asked === null) says.push(...told.says);
  if (verbs.length === 0) says.push(nothingOf(plan));
  return {
    tag,
    entry,
    rollout: running && {
      id: running.record.rollout.id,
      version: running.record.rollout.version,
      parts: running.restore.parts,
    },
    consumers: told.changes,
    says,
    left,
    verbs,
    asked,
    seq: null,
  };
}

function nothingOf({ entry, left }: RestorePlan): string {
  return left.length === 0
    ? `Nothing is done: ${entry.route} is configured as it was before entry ${entry.seq}.`
    : `Nothing is done: of what differs from before entry ${entry.seq}, nothing can be put back.`;
}

function staleRoute({ entry: { route }, last }: RestorePlan): Problem {
  const what = `${last.event.kind} by ${last.actor.name}, entry ${last.seq}: ${reasonInWords(last.reason, last.actor)}`;
  return new Problem('stale', `route ${route} has changed since you looked; last came ${what}; look again`);
}
