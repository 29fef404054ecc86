import type { Actor, OverrideEvent } from '../rollout/event.ts';
import { DirectMessages } from './direct-messages.ts';
import { Looks } from './looks.ts';

/** The brakes that the gateway pulled, by route: read here, cleared when the rollback they caused is committed. */
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
 * It dies with the process: what is in here alone is promised to nobody.
 */
export interface Memory {
  readonly looks: Looks;
  readonly brakes: Brakes;
  /** By rollout. */
  readonly unrecorded: Map<string, Unrecorded>;
  readonly messages: DirectMessages;
  readonly time: DatabaseTime;
  /** A commit may have been done without its answer being heard: the splits in force may not be those of the store. */
  unsure: boolean;
}

export function createMemory(monotonic: () => number, tickMs: number): Memory {
  return {
    looks: new Looks(monotonic, overdueAfterMs(tickMs)),
    brakes: new Map(),
    unrecorded: new Map(),
    messages: new DirectMessages(monotonic),
    time: new DatabaseTime(monotonic),
    unsure: false,
  };
}

/** Three ticks: one may be slow, and one may be skipped by a busy machine. */
export function overdueAfterMs(tickMs: number): number {
  return Math.max(15_000, 3 * tickMs);
}

/** The database's clock while it cannot be asked: as it was, and the time that has passed since. */
export class DatabaseTime {
  private readonly monotonic: () => number;
  private heardAt: { readonly at: number; readonly ms: number } | null = null;

  constructor(monotonic: () => number) {
    this.monotonic = monotonic;
  }

  heard(at: number): number {
    this.heardAt = { at, ms: this.monotonic() };
    return at;
  }

  estimate(): number {
    if (this.heardAt === null) return Date.now();
    return Math.round(this.heardAt.at + this.monotonic() - this.heardAt.ms);
  }
}
