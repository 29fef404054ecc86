import { describe, expect, it } from 'vitest';
import { rolloutCounters } from '../../../src/exposition/rollout-counters.ts';
import type { StageMove } from '../../../src/store/store.ts';

const move = (event: string, from: string, to: string, count = 1): StageMove => ({
  route: 'shop',
  event,
  from,
  to,
  count,
});

/** An audit that grows: what is tallied are the entries after a number. */
function auditOf(entries: StageMove[]) {
  return {
    entries,
    asked: [] as number[],
    tally(afterSeq: number) {
      this.asked.push(afterSeq);
      return Promise.resolve({ seq: entries.length, moves: entries.slice(afterSeq) });
    },
  };
}

describe('the counters of rollouts', () => {
  it('are at zero for a route that had none, so that the first one is a rise', async () => {
    const counts = await rolloutCounters(auditOf([]))(['shop']);
    expect(counts.get('shop')).toMatchObject({ promotions: 0, rollbacks: { harmful: 0, braked: 0, 'by-hand': 0 } });
  });

  it('tell why a canary was rolled back, and count nothing twice', async () => {
    const audit = auditOf([
      move('canaryJudgedHarmful', 'step-1', 'rolled-back', 2),
      move('rolledBack', 'step-2', 'rolled-back'),
      move('bakePassed', 'bake', 'promoted'),
      move('pageResolved', 'rolled-back', 'rolled-back'),
      move('somethingOfTheFuture', 'step-2', 'rolled-back'),
    ]);
    const read = rolloutCounters(audit);
    const expected = { promotions: 1, rollbacks: { harmful: 2, 'by-hand': 1, other: 1, braked: 0 } };
    expect((await read([])).get('shop')).toMatchObject(expected);
    audit.entries.push(move('canaryBraked', 'step-1', 'rolled-back'));
    const both = await Promise.all([read([]), read([])]);
    for (const counts of both) {
      expect(counts.get('shop')).toMatchObject({ ...expected, rollbacks: { ...expected.rollbacks, braked: 1 } });
    }
    expect(audit.asked).toEqual([0, 5, 6]);
  });

  it('begin again where the audit could not be read', async () => {
    const audit = auditOf([move('bakePassed', 'bake', 'promoted')]);
    let fails = true;
    const read = rolloutCounters({
      tally: (seq) => (fails ? Promise.reject(new Error('no database')) : audit.tally(seq)),
    });
    await expect(read([])).rejects.toThrow('no database');
    fails = false;
    expect((await read([])).get('shop')?.promotions).toBe(1);
  });
});
