import { describe, expect, it } from 'vitest';
import type { Memory } from '../../../src/controller/memory.ts';
import { rolloutReader } from '../../../src/controller/rollout-reader.ts';
import { Problem } from '../../../src/problem/problem.ts';
import type { AuditEntry } from '../../../src/rollout/record.ts';
import type { Store } from '../../../src/store/store.ts';
import { byAda, HARMED, IN_STEP, played } from '../../support/played-rollout.ts';

const OTHER = '019ac000-0000-7000-8000-000000000099';

/** A process that knows nothing by heart. */
const FORGOTTEN = { looks: { find: () => null, known: () => [] } } as unknown as Memory;

/** A store that has one rollout with so many entries. */
function storeOf(pauses: number) {
  const swings = Array.from({ length: pauses }, (_, at) => byAda({ kind: at % 2 === 0 ? 'paused' : 'resumed' }));
  const { record, audit, messages } = played([...IN_STEP, ...swings, HARMED]);
  const newestFirst = audit.toReversed();
  const parts = {
    rollouts: { find: async (id: string) => (id === record.rollout.id ? record : null) },
    audit: {
      list: async ({ limit, beforeSeq = Number.POSITIVE_INFINITY }: { limit: number; beforeSeq?: number }) =>
        newestFirst.filter(({ seq }: AuditEntry) => seq < beforeSeq).slice(0, limit),
    },
    outbox: { ofRollout: async () => messages.toReversed() },
    trails: { read: async () => [] },
  };
  return { id: record.rollout.id, audit, messages, store: parts as unknown as Store };
}

describe('what a report is made of', () => {
  it.each([0, 94, 95, 96, 250])('has every entry of the audit, the oldest first, with %i overrides', async (pauses) => {
    const { id, audit, messages, store } = storeOf(pauses);
    const parts = await rolloutReader(store, FORGOTTEN, () => []).reportParts(id);
    expect(parts.audit).toEqual(audit);
    expect(parts.messages).toEqual(messages);
  });

  it('is refused for a rollout that there is not', async () => {
    const { store } = storeOf(0);
    const reader = rolloutReader(store, FORGOTTEN, () => []);
    await expect(reader.reportParts(OTHER)).rejects.toThrow(Problem);
  });
});
