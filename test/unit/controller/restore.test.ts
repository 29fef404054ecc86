import { describe, expect, it } from 'vitest';
import type { Consumer } from '../../../src/consumers/consumer.ts';
import { Problem } from '../../../src/problem/problem.ts';
import type { OverrideEvent } from '../../../src/rollout/event.ts';
import type { AuditDraft } from '../../../src/rollout/record.ts';
import { OPERATOR } from '../../support/controller-stage.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { restoreStage } from '../../support/restore-stage.ts';
import { policyOf, T0 } from '../../support/rollouts.ts';

const set = (canaryBps: number): OverrideEvent => ({ kind: 'weightSet', canaryBps });
const put = (name: string, keyHash: string, rule: Consumer['rule'] = 'stable') =>
  ({ kind: 'put', consumer: { name, keyHash, rule } }) as const;

async function problemOf(done: Promise<unknown>): Promise<Problem> {
  const error = await done.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Problem) return error;
  throw error;
}

describe('a restore puts back', () => {
  const kinds = [
    ['the weight', set(2_500), { part: 'weight', before: '25%', after: '10%', verb: 'weight' }],
    ['a pause', { kind: 'paused' }, { part: 'paused', before: 'yes', after: 'no', verb: 'resume' }],
    [
      'a skipped check',
      { kind: 'checkSkipped', check: 'p99' },
      { part: 'skipped checks', before: 'p99', after: 'none', verb: 'skip' },
    ],
    [
      'added dwell',
      { kind: 'extended', byMs: 600_000 },
      { part: 'added dwell', before: '10m', after: '0s', verb: 'extend' },
    ],
  ] as const;

  it.each(kinds)('%s, shown before it is done', async (_, event, part) => {
    const stage = await restoreStage(memoryStore());
    const before = await stage.configuration();
    await stage.override(event);
    const { seq } = await stage.last();
    const told = await stage.restores.preview(stage.route, seq, OPERATOR);
    expect(told.rollout?.parts).toEqual([part]);
    expect(told).toMatchObject({ verbs: [part.verb], left: [], seq: null });
    expect((await stage.last()).seq).toBe(seq);
    expect(await stage.restore(seq, told.tag)).toMatchObject({ seq: seq + 1, says: told.says.map((one) => one) });
    expect(await stage.configuration()).toEqual(before);
    expect(await stage.last()).toMatchObject({
      actor: OPERATOR,
      event: { kind: 'restored', to: seq },
      reason: 'put it back',
      before: (await stage.store.audit.after(seq - 1, 1))[0]?.after,
    });
  });

  it('the policy, by what the audit keeps of it, and begins the evidence anew', async () => {
    const stage = await restoreStage(memoryStore());
    const before = await stage.configuration();
    await stage.rebase('9m');
    expect((await stage.configuration()).canaryBps).toBe(2_000);
    const { seq } = await stage.last();
    stage.world.now += 1_000;
    const done = await stage.restore(seq);
    expect(done.rollout?.parts.map(({ part }) => part)).toEqual(['policy', 'weight']);
    expect(await stage.configuration()).toEqual(before);
    const record = await stage.store.rollouts.find(stage.id);
    expect(record?.evidence.anewAt).toBe(stage.world.now);
  });

  it('consumers with their credentials, together with the rollout, as one entry and one transaction', async () => {
    const stage = await restoreStage(memoryStore());
    await stage.change(put('acme', 'k1', 'canary'));
    const before = await stage.configuration();
    await stage.change(put('acme', 'k2'));
    const { seq } = await stage.last();
    await stage.change({ kind: 'remove', name: 'acme' });
    // Somebody else has the credential of then by now.
    await stage.change(put('globex', 'k1'));
    await stage.override(set(3_000));
    const told = await stage.restores.preview(stage.route, seq, OPERATOR);
    expect(told.consumers.map(({ name, what, credential }) => [name, what, credential])).toEqual([
      ['acme', 'listed', 'new'],
      ['globex', 'removed', 'gone'],
    ]);
    expect(JSON.stringify([told.consumers, told.says])).not.toContain('k1');
    expect(told.verbs).toEqual(['weight', 'consumers']);
    const done = await stage.restore(seq, told.tag);
    expect(await stage.configuration()).toEqual(before);
    expect(stage.followed.at(-1)).toBe(stage.route);
    const entry = await stage.last();
    expect(entry).toMatchObject({
      seq: done.seq,
      rolloutId: stage.id,
      after: { consumers: { acme: { keyHash: 'k1' } } },
    });
    expect((await stage.store.audit.after(seq, 10)).map(({ event }) => event.kind)).toEqual([
      'consumerRemoved',
      'consumerListed',
      'weightSet',
      'restored',
    ]);
  });

  it('what Serin did since is shown as well, and is announced as a note', async () => {
    const stage = await restoreStage(memoryStore());
    stage.world.channels = [
      { name: 'pager', takes: ['page', 'note'], deliver: async () => ({ kind: 'delivered' as const }) },
    ];
    await stage.override({ kind: 'checkSkipped', check: 'p99' });
    const { seq } = await stage.last();
    await stage.commands.override(
      stage.id,
      { kind: 'undecidedTooLong', reason: 'stuck' } as unknown as OverrideEvent,
      { name: 'serin', role: 'serin' },
      '',
      null,
    );
    await stage.override({ kind: 'paused' });
    const told = await stage.restores.preview(stage.route, seq, OPERATOR);
    expect(told.rollout?.parts.map(({ part }) => part)).toEqual(['paused', 'skipped checks']);
    expect(told.says).toContain('A note goes out: pager.');
    expect(told.says).toContain('Nobody is paged.');
  });
});

describe('a restore of what the policy protects', () => {
  it('is only asked for by the first, and done with the list by the second', async () => {
    const stage = await restoreStage(memoryStore());
    await stage.change(put('acme', 'k1', 'canary'));
    const skip = { kind: 'checkSkipped', check: 'p99' } as const;
    await stage.override(skip);
    const { seq } = await stage.last();
    await stage.change({ kind: 'remove', name: 'acme' });
    await stage.protect('skip');
    const before = await stage.configuration();
    const command = { route: stage.route, to: seq, reason: 'why', expectedTag: null, permit: () => {} };
    const said = 'This asks for a second person';
    expect((await stage.restores.preview(stage.route, seq, OPERATOR)).says[0]).toContain(said);
    const first = await stage.restores.restore(command, OPERATOR);
    expect(first).toMatchObject({ asked: `serin restore ${stage.route} --to ${seq}`, seq: null });
    expect(first.says.join()).toContain(said);
    expect(await stage.configuration()).toEqual(before);
    const second = await stage.restores.restore(command, { ...OPERATOR, name: 'second' });
    expect(second).toMatchObject({ asked: null, seq: (await stage.last()).seq });
    expect(await stage.configuration()).toMatchObject({ skippedChecks: [], list: [{ name: 'acme' }] });
  });
});

describe('a restore refuses, and writes nothing', () => {
  it('an entry of another route, one beyond the end, and an unknown route', async () => {
    const store = memoryStore();
    const [stage, other] = [await restoreStage(store), await restoreStage(store)];
    const { seq } = await other.last();
    for (const to of [seq, seq + 1, 1_000_000]) {
      const problem = await problemOf(stage.restore(to));
      expect(problem).toMatchObject({ code: 'not-found' });
      expect(problem.message).toBe(
        `no entry ${to} of the audit is about route ${stage.route}: serin audit ${stage.route} shows the numbers`,
      );
    }
    const elsewhere = { route: 'nowhere', to: 1, reason: 'why', expectedTag: null, permit: () => {} };
    expect((await problemOf(stage.restores.restore(elsewhere, OPERATOR))).message).toContain('nowhere');
    expect((await other.last()).seq).toBe(seq);
  });

  it('what it was not shown: a list or a rollout that has changed meanwhile, with what came last', async () => {
    const stage = await restoreStage(memoryStore());
    await stage.override({ kind: 'paused' });
    const { seq } = await stage.last();
    const shown = [await stage.restores.preview(stage.route, seq, OPERATOR)];
    await stage.change(put('acme', 'k1'));
    shown.push(await stage.restores.preview(stage.route, seq, OPERATOR));
    await stage.override(set(500));
    for (const { tag } of shown) {
      const problem = await problemOf(stage.restore(seq, tag));
      expect(problem.code).toBe('stale');
      expect(problem.message).toBe(
        `route ${stage.route} has changed since you looked; last came weightSet by ada, entry ${seq + 2}: “because”; look again`,
      );
    }
    expect((await stage.last()).seq).toBe(seq + 2);
  });

  it('who may not do what it comes to', async () => {
    const stage = await restoreStage(memoryStore());
    await stage.override(set(500));
    const { seq } = await stage.last();
    const permit = (verbs: readonly string[]) => {
      throw new Problem('forbidden', verbs.join(', '));
    };
    const command = { route: stage.route, to: seq, reason: 'why', expectedTag: null, permit };
    expect(await problemOf(stage.restores.restore(command, OPERATOR))).toMatchObject({
      code: 'forbidden',
      message: 'weight',
    });
    expect((await stage.last()).seq).toBe(seq);
  });
});

describe('a restore leaves, and says so', () => {
  const leftOf = async (stage: Awaited<ReturnType<typeof restoreStage>>, to: number) =>
    stage.restores.preview(stage.route, to, OPERATOR);

  it('a stage that is over, with its weight and its dwell; the rest is put back', async () => {
    const stage = await restoreStage(memoryStore());
    await stage.override({ kind: 'checkSkipped', check: 'p99' });
    const { seq } = await stage.last();
    await stage.override({ kind: 'advanced', to: 'step-2' });
    const told = await leftOf(stage, seq);
    expect(told.left).toEqual([
      'It was in step-1 then and is in step-2 now. No stage is entered again, so that its weight and added dwell are not put back.',
    ]);
    await stage.restore(seq);
    expect(await stage.configuration()).toMatchObject({ canaryBps: 5_000, skippedChecks: [] });
  });

  it('a gate that is open', async () => {
    const stage = await restoreStage(memoryStore());
    stage.world.policies['two-steps'] = policyOf({
      internal: { requests: 0, gates: [] },
      steps: [{ weight: '10%', dwell: '1m', gates: ['tests'] }],
    });
    await stage.commands.rebase(stage.id, OPERATOR, 'because', null);
    await stage.override({ kind: 'gatePassed', gate: 'tests' });
    const told = await leftOf(stage, (await stage.last()).seq);
    expect(told).toMatchObject({
      verbs: [],
      left: ['Gate tests was opened since, and a gate that is open cannot be closed again.'],
    });
  });

  it('a rollout that had not begun, in whose present stage the list is put back', async () => {
    const stage = await restoreStage(memoryStore(), [put('acme', 'k1')]);
    const [first] = await stage.store.audit.after(0, 1);
    const told = await leftOf(stage, first?.seq ?? 0);
    expect(told.consumers).toMatchObject([{ name: 'acme', what: 'removed' }]);
    expect(told.says.at(-1)).toBe('v2 is in step-1: rules count at once.');
  });

  it('a rollout that is over, and one that had not begun; nothing is done then, however often', async () => {
    const stage = await restoreStage(memoryStore());
    await stage.override(set(500));
    const { seq } = await stage.last();
    await stage.override({ kind: 'rolledBack' });
    const over =
      'The rollout of v2 that ran then is over (rolled-back): it does not run again, and retry begins a new attempt.';
    expect(await stage.restore(seq)).toMatchObject({
      rollout: null,
      left: [over],
      says: [`Nothing is done: of what differs from before entry ${seq}, nothing can be put back.`],
      seq: null,
    });
    await stage.commands.retry(stage.id, OPERATOR, 'again');
    const { seq: last } = await stage.last();
    const begun = 'The rollout of v2 had not begun then: it stays as it is, and abort ends it.';
    expect(await stage.restore(seq)).toMatchObject({
      rollout: null,
      left: [over.replace(', and retry begins a new attempt', ''), begun],
      seq: null,
    });
    expect((await stage.last()).seq).toBe(last);
  });

  const draft = (over: Partial<AuditDraft>): AuditDraft => {
    const none = { rolloutId: null, reason: 'because', before: null, after: null };
    return { at: T0, actor: OPERATOR, route: '', event: { kind: 'secretReplaced' }, ...none, ...over };
  };

  it('a list whose credentials are worth nothing any more, or cannot be told', async () => {
    const stage = await restoreStage(memoryStore());
    const { route, store } = stage;
    await stage.change(put('acme', 'k1'));
    const { seq } = await stage.last();
    stage.controls.knows = false;
    expect((await leftOf(stage, seq)).left).toEqual([
      `Route ${route} does not say what a consumer is known by (consumerKey): the list of consumers stays as it is.`,
    ]);
    stage.controls.knows = true;
    const side = { [`routes.${route}.consumerKey`]: 'header' };
    await store.audit.append([draft({ event: { kind: 'configReloaded' }, before: side, after: side })]);
    expect((await leftOf(stage, seq)).left[0]).toContain(`changed in serin.yaml since (entry ${seq + 1})`);
    await store.audit.append([draft({})]);
    expect((await leftOf(stage, seq)).left[0]).toContain(`was replaced since (entry ${seq + 2})`);
    const old = { event: { kind: 'consumerListed' }, route, before: null, after: { rule: 'stable' } };
    await store.audit.append([draft(old)]);
    const told = await leftOf(stage, seq);
    expect(told.left[0]).toContain(`Entry ${seq + 3} is by an older Serin`);
    expect(told).toMatchObject({ consumers: [], verbs: [] });
  });

  it('a list of more consumers than a route may have', async () => {
    const stage = await restoreStage(memoryStore());
    const { route, store } = stage;
    const many = Object.fromEntries(
      Array.from({ length: 1_001 }, (_, at) => [
        `c${at}`,
        { keyHash: `k${at}`, rule: 'stable', group: null, wave: null, due: null, contact: null },
      ]),
    );
    await store.audit.append([draft({ event: { kind: 'consumersImported' }, route, before: many, after: {} })]);
    const told = await leftOf(stage, (await stage.last()).seq);
    expect(told.left).toEqual([
      'The list of then has 1,001 consumers, and a route lists at most 1,000: the list of consumers stays as it is.',
    ]);
  });

  it('another stable', async () => {
    const stage = await restoreStage(memoryStore());
    await stage.override({ kind: 'promoted', full: true });
    await stage.override({ kind: 'finalisedByHand' });
    const { seq } = await stage.last();
    expect((await leftOf(stage, seq)).left).toEqual([
      'The rollout of v2 that ran then is over (finalised): it does not run again.',
      `The route has another stable since entry ${seq}: it stays, and the way back to the former one is a rollout of it.`,
    ]);
  });
});
