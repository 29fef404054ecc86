import { describe, expect, it } from 'vitest';
import type { AuditDraft } from '../../src/rollout/record.ts';
import { T0 } from '../support/rollouts.ts';
import { codeOf, fresh, type StoreBench } from './store-bench.ts';

const MORE_THAN_A_PAGE = 1_100;

function draftOf(parts: Partial<AuditDraft> = {}): AuditDraft {
  return {
    at: T0,
    actor: { name: 'ada', role: 'admin' },
    route: fresh('route'),
    rolloutId: null,
    event: { kind: 'consumerListed', name: 'acme' },
    reason: 'a pilot customer',
    before: null,
    after: { rule: 'canary' },
    ...parts,
  };
}

export function auditContract(bench: () => StoreBench): void {
  const audit = () => bench().store.audit;
  const newest = async () => (await audit().list({ limit: 1 }))[0]?.seq ?? 0;

  describe('the audit log', () => {
    it('numbers what is appended without gaps, and gives it back newest first, in pages', async () => {
      const route = fresh('route');
      await audit().append(['first', 'second', 'third'].map((reason) => draftOf({ route, reason })));
      const [third, second] = await audit().list({ route, limit: 2 });
      expect([third?.reason, second?.reason]).toEqual(['third', 'second']);
      expect(third?.seq).toBe((second?.seq ?? 0) + 1);
      const rest = await audit().list({ route, limit: 2, beforeSeq: second?.seq ?? 0 });
      expect(rest.map(({ reason }) => reason)).toEqual(['first']);
      expect(await audit().list({ rolloutId: 'nonsense', limit: 1 })).toEqual([]);
    });

    it('gives what follows a number, oldest first', async () => {
      const last = await newest();
      expect(await audit().after(last, 10)).toEqual([]);
      await audit().append(['first', 'second', 'third'].map((reason) => draftOf({ reason })));
      const following = await audit().after(last, 2);
      expect(following.map(({ seq, reason }) => [seq, reason])).toEqual([
        [last + 1, 'first'],
        [last + 2, 'second'],
      ]);
      expect((await audit().after(last + 2, 10)).map(({ reason }) => reason)).toEqual(['third']);
      const [third] = await audit().list({ limit: 1 });
      expect(await audit().after(last + 2, 10)).toEqual([third]);
    });

    it.each([
      ['text that looks like JSON', { before: '"1"', after: 'null' }],
      ['nothing', { before: undefined, after: null }],
      [
        'numbers that a decimal could round',
        { before: 0.1 + 0.2, after: { tiny: 5e-324, large: 1.797e308, minus: -0 } },
      ],
      ['keys in no order', { before: { b: 1, a: [{ d: 1, c: 2 }], 10: 'ten', 9: 'nine' }, after: { '': '' } }],
      ['text outside the plane', { reason: '🦜 \u2028 \ud800', before: '🦜', after: '\u0001' }],
    ])('keeps %s so that the chain holds', async (_what, parts) => {
      await audit().append([draftOf(parts)]);
      expect((await audit().verify()).brokenAt).toBeNull();
    });

    it('is one chain however many write at once', async () => {
      const before = await audit().verify();
      await Promise.all(Array.from({ length: 20 }, () => audit().append([draftOf(), draftOf()])));
      expect(await audit().verify()).toEqual({ entries: before.entries + 40, brokenAt: null });
    });

    it('is verified over many pages', async () => {
      const { entries } = await audit().verify();
      await audit().append(Array.from({ length: MORE_THAN_A_PAGE }, () => draftOf()));
      expect(await audit().verify()).toEqual({ entries: entries + MORE_THAN_A_PAGE, brokenAt: null });
    });

    it.each([
      "update audit set reason = 'another'",
      'delete from audit',
      'truncate audit',
      'delete from audit where false',
    ])('is append-only: the database refuses `%s`', async (statement) => {
      await audit().append([draftOf()]);
      const { entries } = await audit().verify();
      await expect(bench().privileged(statement)).rejects.toMatchObject({ cause: { code: '42501' } });
      expect(await audit().verify()).toEqual({ entries, brokenAt: null });
    });

    it('is found broken where somebody with the rights to has changed a row', async () => {
      await audit().append([draftOf({ reason: 'honest' }), draftOf()]);
      const seq = (await newest()) - 1;
      await tamper(`update audit set reason = 'forged' where seq = ${seq}`);
      expect(await audit().verify()).toEqual({ entries: seq - 1, brokenAt: seq });
      await tamper(`update audit set reason = 'honest' where seq = ${seq}`);
      expect((await audit().verify()).brokenAt).toBeNull();
    });

    it('is found broken where somebody has removed a row from the middle or the end', async () => {
      await audit().append([draftOf(), draftOf()]);
      const last = await newest();
      await bench().privileged('create table removed as select * from audit where false');
      for (const seq of [last, last - 1]) {
        await bench().privileged(`insert into removed select * from audit where seq = ${seq}`);
        await tamper(`delete from audit where seq = ${seq}`);
        expect((await audit().verify()).brokenAt).toBe(seq);
        await bench().privileged('insert into audit select * from removed', 'delete from removed');
      }
      await bench().privileged('drop table removed');
      expect((await audit().verify()).brokenAt).toBeNull();
    });

    it('tallies the moves from stage to stage after an entry, and says up to which', async () => {
      const before = await newest();
      const route = fresh('route');
      const moved = (kind: string, from: string | null, to: string) =>
        draftOf({ route, event: { kind }, before: from === null ? null : { stage: from }, after: { stage: to } });
      await audit().append([
        moved('rolloutStarted', null, 'preflight'),
        moved('canaryBraked', 'step-1', 'rolled-back'),
        moved('canaryBraked', 'step-1', 'rolled-back'),
        draftOf({ route, before: 'text', after: ['no', 'object'] }),
      ]);
      const { seq, moves } = await audit().tally(before);
      expect(seq).toBe(before + 4);
      expect(moves.toSorted((left, right) => left.event.localeCompare(right.event))).toEqual([
        { route, event: 'canaryBraked', from: 'step-1', to: 'rolled-back', count: 2 },
        { route, event: 'consumerListed', from: null, to: null, count: 1 },
        { route, event: 'rolloutStarted', from: null, to: 'preflight', count: 1 },
      ]);
      expect(await audit().tally(seq)).toEqual({ seq, moves: [] });
    });

    it('refuses text that cannot be stored', async () => {
      expect(await codeOf(audit().append([draftOf({ reason: 'nul \u0000' })]))).toBe('invalid-input');
      expect(await codeOf(audit().append([draftOf({ after: 'nul \u0000' })]))).toBe('invalid-input');
    });
  });

  const tamper = (statement: string) =>
    bench().privileged(
      'alter table audit disable trigger audit_append_only',
      statement,
      'alter table audit enable trigger audit_append_only',
    );
}
