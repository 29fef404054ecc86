import { expect, it } from 'vitest';
import { createMemory } from '../../../src/controller/memory.ts';
import type { ControllerPorts } from '../../../src/controller/ports.ts';
import { settle } from '../../../src/controller/settle.ts';
import { evidenceOf } from '../../support/rollout-fixture.ts';
import { rolloutIn, T0 } from '../../support/rollouts.ts';

it('harm that held without the database is forgotten where another process has led the rollout beyond it', async () => {
  const rollout = rolloutIn('promoted');
  const memory = createMemory(() => 0, 5_000);
  memory.heldHarm.set(rollout.id, { kind: 'harmHeld', reason: 'harm', verdict: null });
  const ports = {
    memory,
    store: { now: async () => T0 },
    router: { apply: async () => undefined },
  } as unknown as ControllerPorts;
  const record = { rollout, evidence: evidenceOf(rollout) };
  expect(await settle(ports, record, 1)).toBe(record);
  expect(memory.heldHarm.size).toBe(0);
});
