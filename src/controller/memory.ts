import type { Actor, OverrideEvent } from '../rollout/event.ts';
import { DatabaseTime } from './database-time.ts';
import { DirectMessages } from './direct-messages.ts';
import { Looks } from './looks.ts';

/** The brakes that the gateway pulled, by rollout: read here, cleared when the rollback they caused is committed. */
export type Brakes = Map<string, string>;

/** What a person had done at the gateway while the database could not record it. */
export interface Unrecorded {
  readonly event: Extract<OverrideEvent, { kind: 'rolledBack' | 'aborted' }>;
  /** Database time as far as this process can tell, epoch ms. */
  readonly at: number;
  readonly by: Actor;
  readonly reason: string;
}

/**
 * What this process knows beside the database, so that it can protect users and answer while the database is away.
 * It dies with the process, so nothing that is only in here may be promised.
 */
export interface Memory {
  readonly looks: Looks;
  readonly brakes: Brakes;
  /** By rollout. */
  readonly unrecorded: Map<string, Unrecorded>;
  readonly messages: DirectMessages;
  readonly time: DatabaseTime;
  /**
   * Routes whose split may not be what the store has: a commit may have been done without its answer being heard, or the
   * router refused it, then with the reason. Tried at every tick until it is in force.
   */
  readonly unapplied: Map<string, { readonly reason: string | null }>;
}

export function createMemory(monotonic: () => number, tickMs: number): Memory {
  const time = new DatabaseTime(monotonic);
  return {
    looks: new Looks(monotonic, time, overdueAfterMs(tickMs)),
    brakes: new Map(),
    unrecorded: new Map(),
    messages: new DirectMessages(monotonic),
    time,
    unapplied: new Map(),
  };
}

/** Three ticks: one may be slow, and one may be skipped by a busy machine. */
export function overdueAfterMs(tickMs: number): number {
  return Math.max(15_000, 3 * tickMs);
}
