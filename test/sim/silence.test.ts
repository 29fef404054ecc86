import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../src/controller/replay.ts';
import type { MetricsSource } from '../../src/metrics/source.ts';
import { canonicalJson } from '../../src/policy/digest.ts';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { policyOf } from '../support/rollouts.ts';

const MINUTE = 60_000;

let database: Awaited<ReturnType<typeof embeddedStore>>;
let on: ControllerStage;
let silent = false;

beforeAll(async () => {
  database = await embeddedStore();
});

afterEach(() => on.close());

afterAll(() => database.close());

/** What the router sent is known, and the canary's own reports come from elsewhere: while it is silent, there are none. */
function reporting(source: MetricsSource): MetricsSource {
  return {
    name: 'reports',
    async collect(request, signal) {
      const collected = await source.collect(request, signal);
      if (collected.kind === 'unusable') return collected;
      const blocks = collected.blocks.map((block) => ({
        ...block,
        routed: { stable: block.stable?.requests ?? 0, canary: block.canary?.requests ?? 0 },
        canary: silent ? null : block.canary,
      }));
      return { ...collected, blocks };
    },
  };
}

async function inStep1(): Promise<string> {
  silent = false;
  const steps = [{ weight: '10%', dwell: '10m' }];
  on = controllerStage(database.store, { policies: { 'two-steps': policyOf({ internal: { requests: 5 }, steps }) } });
  Object.assign(on.ports, { source: reporting(on.ports.source) });
  const command = { route: on.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'ready' };
  const { record } = await on.commands.start({ ...command, replace: false, force: false }, OPERATOR);
  const { id } = record.rollout;
  await on.run(10 * MINUTE, async () => (await on.stageOf(id)) === 'step-1');
  await on.run(MINUTE);
  return id;
}

async function rolloutOf(id: string) {
  const audit = (await on.store.audit.list({ rolloutId: id, limit: 1_000 })).toReversed();
  const record = await on.store.rollouts.find(id);
  expect(canonicalJson(replay(audit))).toBe(canonicalJson(record?.rollout));
  return { rollout: record?.rollout, verdict: record?.evidence.verdict, last: audit.at(-1)?.event.kind };
}

describe('a canary that falls silent while the stable reports', () => {
  it('is paused and paged about within a minute, and never promoted', async () => {
    const id = await inStep1();
    silent = true;
    await on.run(MINUTE);
    const { rollout, verdict, last } = await rolloutOf(id);
    expect(last).toBe('canaryFellSilent');
    expect(rollout).toMatchObject({ stage: { kind: 'step', index: 0 }, openPage: 'blind', paused: { by: 'serin' } });
    expect(verdict).toMatchObject({ name: 'blind', worst: 'silence' });
    await on.run(20 * MINUTE);
    expect(await on.stageOf(id)).toBe('step-1');
  });

  it('goes on when it is heard again and a person resumes', async () => {
    const id = await inStep1();
    silent = true;
    await on.run(MINUTE);
    silent = false;
    await on.run(5 * MINUTE);
    await on.commands.override(id, { kind: 'resumed' }, OPERATOR, 'the exporter was down', null);
    await on.run(60 * MINUTE, async () => (await on.stageOf(id)) !== 'step-1');
    expect(await on.stageOf(id)).toBe('bake');
    await rolloutOf(id);
  });
});
