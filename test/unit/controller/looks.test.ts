import { describe, expect, it } from 'vitest';
import { createMemory } from '../../../src/controller/memory.ts';
import type { ControllerPorts } from '../../../src/controller/ports.ts';
import { readRunning } from '../../../src/controller/tick.ts';
import { noEvidence } from '../../../src/rollout/evidence.ts';
import type { RolloutRecord } from '../../../src/rollout/record.ts';
import { policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

const recordIn = (stage: string): RolloutRecord => {
  const rollout = rolloutIn(stage, policyOf({}));
  return { rollout, evidence: noEvidence(rollout.policy, T0) };
};

/** A memory, and a reading of the running rollouts that finds `stored`; `meanwhile` happens before it is told. */
function reading(stored: readonly RolloutRecord[], meanwhile: (memory: ReturnType<typeof createMemory>) => void) {
  const memory = createMemory(() => performance.now(), 1_000);
  const store = {
    now: async () => T0,
    rollouts: {
      list: async () => stored,
      unreadable: async () => {
        meanwhile(memory);
        return [];
      },
    },
  };
  const read = () => readRunning({ store, memory } as unknown as ControllerPorts);
  return { memory, read };
}

describe('the running rollouts, as they are read', () => {
  it('keep one that was started meanwhile, which the reading could not know of', async () => {
    const started = recordIn('internal');
    const { memory, read } = reading([], ({ looks }) => looks.changed(started));
    await read();
    expect(memory.looks.known()).toEqual([started]);
  });

  it('keep what a person changed meanwhile, and not what was read before', async () => {
    const [before, after] = [recordIn('internal'), recordIn('step-1')];
    const { memory, read } = reading([before], ({ looks }) => looks.changed(after));
    memory.looks.changed(before);
    await read();
    expect(memory.looks.known()).toEqual([after]);
  });

  it('forget one that ended elsewhere, and take what changed elsewhere', async () => {
    const gone = recordIn('internal');
    const without = reading([], () => undefined);
    without.memory.looks.changed(gone);
    await without.read();
    expect(without.memory.looks.known()).toEqual([]);

    const changed = recordIn('step-1');
    const other = reading([changed], () => undefined);
    other.memory.looks.changed(gone);
    await other.read();
    expect(other.memory.looks.known()).toEqual([changed]);
  });
});
