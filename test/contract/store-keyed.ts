import { describe, expect, it } from 'vitest';
import type { KeyedAnswer, KeyedRequest } from '../../src/rollout/acts/keyed-request.ts';
import type { Actor } from '../../src/rollout/event.ts';
import type { AuditDraft } from '../../src/rollout/record.ts';

import { T0 } from '../support/rollouts.ts';
import { codeOf, fresh, type StoreBench } from './store-bench.ts';

const ANSWER: KeyedAnswer = { status: 201, headers: { etag: '"1"' }, body: '{"id":"ünïcödé"}' };

export function keyedRequestsContract(bench: () => StoreBench): void {
  const keyed = () => bench().store.keyedRequests;
  const asked = (): KeyedRequest => ({ id: fresh('id'), operation: 'POST /api/v1/rollouts', bodyHash: 'one' });
  /** Each request is an object of its own, whoever sends it. */
  const ada = (): Actor => ({ name: 'ada', role: 'admin' });
  const deed = (by: Actor) => bench().store.audit.append([draftOf(by)]);
  const draftOf = (actor: Actor): AuditDraft => {
    return {
      at: T0,
      actor,
      route: 'keyed',
      rolloutId: null,
      event: { kind: 'did' },
      reason: '',
      before: null,
      after: null,
    };
  };
  const newest = async () => (await bench().store.audit.list({ route: 'keyed', limit: 1 }))[0]?.seq ?? 0;
  /** As a minute later, or a day. */
  const later = ({ id }: KeyedRequest, interval: string) =>
    bench().privileged(
      `update keyed_requests set claimed_until = claimed_until - interval '${interval}',
        created_at = created_at - interval '${interval}' where id = '${id}'`,
    );

  describe('requests with a key', () => {
    it('are done once, and answered again with what was answered', async () => {
      const [request, by] = [asked(), ada()];
      expect(await keyed().claim(request, by)).toEqual({ kind: 'claimed' });
      expect(await keyed().claim(request, ada())).toMatchObject({ kind: 'under-way', retryInMs: expect.any(Number) });
      await deed(by);
      expect(await keyed().claim(request, ada())).toMatchObject({ kind: 'under-way' });
      await keyed().keep(by, ANSWER);
      expect(await keyed().claim(request, ada())).toEqual({ kind: 'answered', answer: ANSWER });
      expect(await keyed().claim({ ...request, bodyHash: 'two' }, ada())).toMatchObject({ kind: 'another' });
      const operation = 'POST /api/v1/tokens';
      expect(await keyed().claim({ ...request, operation }, ada())).toEqual({
        kind: 'another',
        operation: request.operation,
      });
    });

    it('that were done and not answered say which entry they made', async () => {
      const [request, by] = [asked(), ada()];
      await keyed().claim(request, by);
      await deed(by);
      await later(request, '61 seconds');
      expect(await keyed().claim(request, ada())).toEqual({ kind: 'done', seq: await newest() });
    });

    it('whose answer is not to be kept say so at once', async () => {
      const [request, by] = [asked(), ada()];
      await keyed().claim(request, by);
      await deed(by);
      await keyed().keep(by, null);
      expect(await keyed().claim(request, ada())).toEqual({ kind: 'done', seq: await newest() });
    });

    it('that failed may be sent again, and those that were done after all not', async () => {
      const [request, by, again] = [asked(), ada(), ada()];
      await keyed().claim(request, by);
      await keyed().release(by);
      expect(await keyed().claim(request, again)).toEqual({ kind: 'claimed' });
      await deed(again);
      await keyed().release(again);
      expect(await keyed().claim(request, ada())).toMatchObject({ kind: 'done' });
    });

    it('that were taken for dead change nothing when they come back to life', async () => {
      const [request, dead, alive] = [asked(), ada(), ada()];
      await keyed().claim(request, dead);
      await later(request, '61 seconds');
      expect(await keyed().claim(request, alive)).toEqual({ kind: 'claimed' });
      const before = await newest();
      expect(await codeOf(deed(dead))).toBe('conflict');
      await keyed().keep(dead, ANSWER);
      await keyed().release(dead);
      expect([await newest(), await keyed().claim(request, ada())]).toEqual([
        before,
        expect.objectContaining({ kind: 'under-way' }),
      ]);
      await deed(alive);
      await keyed().keep(alive, ANSWER);
      expect(await keyed().claim(request, ada())).toMatchObject({ kind: 'answered' });
    });

    it('are one of many that arrive at once', async () => {
      const request = asked();
      const found = await Promise.all(Array.from({ length: 8 }, () => keyed().claim(request, ada())));
      expect(found.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
      expect(found.filter(({ kind }) => kind === 'under-way')).toHaveLength(7);
    });

    it('are forgotten after a day, and free from then on', async () => {
      const [old, young] = [asked(), asked()];
      for (const request of [old, young]) {
        const by = ada();
        await keyed().claim(request, by);
        await keyed().keep(by, ANSWER);
      }
      await later(old, '24 hours');
      expect(await keyed().claim({ ...old, bodyHash: 'two' }, ada())).toEqual({ kind: 'claimed' });
      await later(old, '24 hours');
      await keyed().forget();
      expect(await keyed().claim(young, ada())).toMatchObject({ kind: 'answered' });
      expect(await keyed().claim(old, ada())).toEqual({ kind: 'claimed' });
    });

    it('leave the entries of everybody else alone', async () => {
      const seq = await newest();
      await deed(ada());
      expect(await newest()).toBeGreaterThan(seq);
    });
  });
}
