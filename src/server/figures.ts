import type { Memory } from '../controller/memory.ts';
import { soon } from '../controller/patience.ts';
import type { Controller } from '../controller/schedule.ts';
import type { Exposed } from '../exposition/exposition.ts';
import { DURATION_BUCKETS } from '../gateway/measure/durations.ts';
import type { Store } from '../store/store.ts';

/** Enough to include the latest rollout of each route, for as many routes as a file may have. */
const LATEST_ROLLOUTS = 200;

export interface FigureParts extends Omit<Exposed, 'durationBuckets' | 'controller' | 'stored' | 'soon'> {
  readonly store: Pick<Store, 'rollouts' | 'outbox' | 'audit'>;
  readonly controller: Pick<Controller, 'leads' | 'tickAgoMs'>;
  readonly memory: Pick<Memory, 'looks' | 'brakes' | 'heldHarm' | 'unrecorded'>;
}

/** What `/metrics` shows, gathered from the parts that know it. */
export function figuresOf({ store, controller, memory, ...others }: FigureParts): Exposed {
  return {
    ...others,
    soon,
    durationBuckets: DURATION_BUCKETS,
    controller: () => ({
      leads: controller.leads(),
      tickAgoMs: controller.tickAgoMs(),
      rollouts: memory.looks.figures().map(({ id, route, agoMs, failures }) => {
        const isUnrecorded = memory.unrecorded.has(id) || memory.brakes.has(id) || memory.heldHarm.has(id);
        return { route, agoMs, failures, isUnrecorded };
      }),
    }),
    stored: {
      rollouts: () => store.rollouts.list({ limit: LATEST_ROLLOUTS }),
      tally: (afterSeq) => store.audit.tally(afterSeq),
      channels: () => store.outbox.channels(),
    },
  };
}
