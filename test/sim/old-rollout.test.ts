import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evidenceOnly } from '../../src/controller/commit.ts';
import { replay } from '../../src/controller/replay.ts';
import type { JudgeState } from '../../src/judge/judge.ts';
import { canonicalJson } from '../../src/policy/digest.ts';
import { controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { oldForm } from '../support/old-policy.ts';
import { HEALTHY } from '../support/simulated-traffic.ts';

const HOUR = 3_600_000;

describe('a rollout that an older program started', () => {
  let database: Awaited<ReturnType<typeof embeddedStore>>;

  beforeAll(async () => {
    database = await embeddedStore();
  });
  afterAll(() => database.close());

  /** Its policy lacks the fields of today, and its judge remembered in another form. */
  async function oldRollout(over: Parameters<typeof controllerStage>[1] = {}) {
    const on = controllerStage(database.store, over);
    const command = { route: on.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'ready' };
    const { record } = await on.commands.start({ ...command, replace: false, force: false }, OPERATOR);
    const { rollout, evidence } = record;
    const lease = await on.store.lease.hold('test', HOUR);
    if (!lease) throw new Error('the lease is held by another');
    const old = { ...rollout, policy: oldForm(rollout.policy) };
    const { checks, ...judge } = evidence.judge;
    const { queries: _, silence: __, ...others } = checks;
    const remembered = { ...judge, ...others, format: 2 } as unknown as JudgeState;
    await on.store.rollouts.commit(evidenceOnly(old, { ...evidence, judge: remembered }, lease.epoch));
    return { on, rollout };
  }

  it('goes on to its end, under the same digest', async () => {
    const { on, rollout } = await oldRollout();
    const { id, policyDigest } = rollout;
    await on.run(2 * HOUR, async () => (await on.stageOf(id)) === 'finalised');
    const stored = await on.store.rollouts.find(id);
    expect(stored?.rollout).toMatchObject({ stage: { kind: 'finalised' }, policyDigest });
    const audit = await on.store.audit.list({ rolloutId: id, limit: 1_000 });
    expect(canonicalJson(replay(audit.toReversed()))).toBe(canonicalJson(stored?.rollout));
  });

  it('is rolled back where its canary does harm', async () => {
    const { on, rollout } = await oldRollout({ canary: { ...HEALTHY, errors: 0.05 } });
    await on.run(HOUR, async () => (await on.stageOf(rollout.id)) === 'rolled-back');
    expect(await on.stageOf(rollout.id)).toBe('rolled-back');
  });
});
