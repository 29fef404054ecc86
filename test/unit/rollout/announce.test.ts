import { describe, expect, it } from 'vitest';
import { announce } from '../../../src/rollout/announce.ts';
import type { RolloutEvent } from '../../../src/rollout/event.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { apply, rolloutIn, T0 } from '../../support/rollouts.ts';

function told(before: Rollout, event: RolloutEvent) {
  return announce(before, apply(before, event), event, T0);
}

describe('announce', () => {
  it('pages on a rollback, once, saying why, with a key per rollout', () => {
    const before = rolloutIn('step-1');
    const messages = told(before, { kind: 'canaryBraked', reason: '20 failures in a row' });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({
      kind: 'page',
      severity: 'critical',
      dedupKey: `serin/payments/${before.id}`,
      summary: 'payments protected: v2 rolled back at 10%, v1 serves 100%: 20 failures in a row',
      details: { weightBefore: '10%', weightAfter: '0%' },
    });
  });

  it('pages when a person is needed and resolves when one came', () => {
    const step = rolloutIn('step-1');
    const event = { kind: 'undecidedTooLong', reason: 'undecided for longer than 3m' } as const;
    expect(told(step, event).map(({ kind, severity }) => [kind, severity])).toEqual([['page', 'warning']]);
    expect(told(apply(step, event), { kind: 'extended', byMs: 1_000 }).map(({ kind }) => kind)).toEqual([
      'resolve',
      'note',
    ]);
  });

  it('turns an open page into the page of the rollback under the same key', () => {
    const stuck = apply(rolloutIn('step-1'), { kind: 'undecidedTooLong', reason: 'undecided' });
    const messages = told(stuck, { kind: 'canaryBraked', reason: 'burst' });
    expect(messages.map(({ kind }) => kind)).toEqual(['page']);
  });

  it('tells a promotion as a change and names the version that may go', () => {
    expect(told(rolloutIn('bake'), { kind: 'bakePassed', reason: 'fine' })[0]?.kind).toBe('change');
    expect(
      told(rolloutIn('promoted'), { kind: 'rolloutFinalised', reason: 'the canary is the stable now' })[0]?.summary,
    ).toBe('payments: v2 is the stable now; v1 (http://127.0.0.1:9001/) may be decommissioned');
  });

  it('names on a line of its own where it is worse, whatever becomes of the summary', () => {
    const where = {
      measure: 'errors',
      slowMs: null,
      slices: [],
      status: null,
      worse: 1,
      says: 'worst: POST /pay',
    } as const;
    const verdict = { ...verdictOf({ name: 'harmful' }), where };
    const [page] = told(rolloutIn('step-1'), { kind: 'canaryJudgedHarmful', reason: 'x'.repeat(2_000), verdict });
    expect(page?.details['where']).toBe('worst: POST /pay');
    const [plain] = told(rolloutIn('step-1'), { kind: 'canaryBraked', reason: 'burst' });
    expect(plain?.details).not.toHaveProperty('where');
  });

  it('keeps the summary within what a pager takes', () => {
    const [message] = told(rolloutIn('step-1'), { kind: 'canaryBraked', reason: 'x'.repeat(5_000) });
    expect(message?.summary.length).toBe(1_024);
  });

  it('gives the same change the same id', () => {
    const before = rolloutIn('step-1');
    const event = { kind: 'canaryBraked', reason: 'burst' } as const;
    expect(told(before, event)[0]?.id).toBe(told(before, event)[0]?.id);
  });
});
