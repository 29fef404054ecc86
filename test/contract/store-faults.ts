import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { auditOf, changeOf, insertionOf, messageOf, rolloutOf } from '../support/rollout-fixture.ts';
import { fresh, problemOf, type StoreBench } from './store-bench.ts';

const SECRET = 'PLANTED-SECRET';

export function faultsContract(bench: () => StoreBench): void {
  const store = () => bench().store;

  describe('the store', () => {
    it('tells the time of the database in whole milliseconds', async () => {
      const now = await store().now();
      expect(now).toBeGreaterThan(Date.UTC(2025));
      expect(Number.isInteger(now)).toBe(true);
      expect(await store().now()).toBeGreaterThanOrEqual(now);
    });

    const faults: Record<string, (store: Store) => Promise<unknown>> = {
      'a second message of the same id': async ({ rollouts }) => {
        const rollout = rolloutOf({ route: fresh('route'), reason: SECRET });
        const delivery = { channel: SECRET, message: messageOf(rollout, { summary: SECRET }) };
        await rollouts.commit(insertionOf(rollout, { deliveries: [delivery, delivery] }));
      },
      'a second active rollout': async ({ rollouts }) => {
        const route = fresh(SECRET);
        await rollouts.commit(insertionOf(rolloutOf({ route })));
        await rollouts.commit(insertionOf(rolloutOf({ route })));
      },
      'a second token of the same hash': async ({ tokens }) => {
        const draft = auditOf(rolloutOf());
        const token = {
          name: SECRET,
          role: 'admin',
          sender: null,
          scope: null,
          expiresAt: null,
          hash: fresh(SECRET),
        } as const;
        await tokens.create({ id: randomUUID(), ...token }, draft);
        await tokens.create({ id: randomUUID(), ...token }, draft);
      },
      'an id that is none': ({ rollouts }) => rollouts.commit(changeOf(rolloutOf({ id: SECRET }))),
      'a number that is none': ({ rollouts }) =>
        rollouts.commit(changeOf(rolloutOf({ reason: SECRET, version: SECRET as unknown as number }))),
      'a text that cannot be stored': ({ audit }) =>
        audit.append([auditOf(rolloutOf(), { reason: `${SECRET} \u0000` })]),
      'a document that cannot be stored': ({ audit }) =>
        audit.append([auditOf(rolloutOf(), { after: { [SECRET]: `${SECRET} \ud800` } })]),
      'a document that cannot be written': ({ audit }) =>
        audit.append([auditOf(rolloutOf(), { reason: SECRET, after: { [SECRET]: 1n } })]),
    };

    it.each(Object.entries(faults))('says nothing of what it was given when it fails on %s', async (_what, fail) => {
      const problem = await problemOf(fail(store()));
      expect(problem.message).not.toBe('');
      expect(inspect(problem, { depth: null, showHidden: true })).not.toContain(SECRET);
    });
  });
}
