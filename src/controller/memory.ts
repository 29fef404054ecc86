import type { LoadedPolicy } from '../policy/read.ts';
import { type Actor, brakedBy, type MachineEvent, type OverrideEvent } from '../rollout/event.ts';
import type { PulledBrake, Upstream } from '../split/order.ts';
import { DatabaseTime } from './database-time.ts';
import { DirectMessages } from './direct-messages.ts';
import { Looks } from './looks.ts';

/** Brakes pulled by the gateway, by rollout: read here, cleared when the rollback they caused is committed. */
export type Brakes = Map<string, PulledBrake>;

/** Harm that was found without the database, and holds (`onHarm: hold`), by rollout: cleared when it is committed. */
export type HeldHarm = Map<string, Extract<MachineEvent, { kind: 'harmHeld' }>>;

/** A rollback or abort that an operator ordered, done at the gateway while the database could not record it. */
export interface Unrecorded {
  readonly event: Extract<OverrideEvent, { kind: 'rolledBack' | 'aborted' }>;
  /** Database time as best this process knows, epoch ms. */
  readonly at: number;
  readonly by: Actor;
  readonly reason: string;
}

/** One piece of work at a time, in the order in which they are given; one that fails holds up none of the others. */
class DeclarationTurns {
  private last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work);
    this.last = next.catch(() => {});
    return next;
  }
}

/**
 * What this process knows beyond the database, so that it can protect users and answer while the database is away.
 * It dies with the process, so never promise anything that exists only here.
 */
export interface Memory {
  readonly looks: Looks;
  readonly brakes: Brakes;
  readonly heldHarm: HeldHarm;
  /** By rollout. */
  readonly unrecorded: Map<string, Unrecorded>;
  readonly messages: DirectMessages;
  readonly time: DatabaseTime;
  /**
   * Routes whose split may differ from the store's: a commit may have succeeded without its answer arriving, or the
   * router refused the split, in that case with the reason. Retried at every tick until it is in force.
   */
  readonly unapplied: Map<string, { readonly reason: string | null }>;
  /** The stable of each route, as its last order has it. */
  readonly stables: Map<string, Upstream>;
  /** What depends on how routes are declared: a rollout is not written while the declaration of its route is replaced. */
  readonly declarations: DeclarationTurns;
  /** Policies as their files had them a moment ago, by name. */
  readonly policies: Map<string, { readonly readAtMs: number; readonly read: PolicyNow }>;
}

/** A policy as its file has it, or why it cannot be read. */
export type PolicyNow = LoadedPolicy | { readonly refused: string };

export function createMemory(monotonic: () => number, tickMs: number): Memory {
  const time = new DatabaseTime(monotonic);
  return {
    looks: new Looks(monotonic, time, overdueAfterMs(tickMs)),
    brakes: new Map(),
    heldHarm: new Map(),
    unrecorded: new Map(),
    messages: new DirectMessages(monotonic),
    time,
    unapplied: new Map(),
    stables: new Map(),
    declarations: new DeclarationTurns(),
    policies: new Map(),
  };
}

/** What was done, or held, for a rollout without the database; null where nothing was. */
export function owedEvent({ brakes, heldHarm }: Pick<Memory, 'brakes' | 'heldHarm'>, id: string): MachineEvent | null {
  const brake = brakes.get(id);
  return brake === undefined ? (heldHarm.get(id) ?? null) : brakedBy(brake);
}

/** Three ticks: one may be slow, and a busy machine may skip one. */
export function overdueAfterMs(tickMs: number): number {
  return Math.max(15_000, 3 * tickMs);
}
