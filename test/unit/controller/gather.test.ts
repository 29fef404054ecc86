import { describe, expect, it } from 'vitest';
import { gather } from '../../../src/controller/gather.ts';
import type { ControllerPorts } from '../../../src/controller/ports.ts';
import type { CollectRequest } from '../../../src/metrics/source.ts';
import { logGrossHarm } from '../../../src/parity/gross.ts';
import type { Evidence } from '../../../src/rollout/evidence.ts';
import type { Block } from '../../../src/stats/block.ts';
import { logRateHarm } from '../../../src/stats/rates/error-rate.ts';
import { blockOf, tallyOf } from '../../support/judge-blocks.ts';
import { evidenceOf } from '../../support/rollout-fixture.ts';
import { policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

describe('what a source is asked', () => {
  const rollout = rolloutIn('step-1');

  async function asked(
    served: { readonly epoch: number; readonly since: number } | null,
    of = rollout,
  ): Promise<CollectRequest> {
    let request: CollectRequest | null = null;
    const ports: Pick<ControllerPorts, 'source' | 'router' | 'tickMs'> = {
      source: {
        name: 'asked',
        collect: async (made) => {
          request = made;
          return { kind: 'unusable', reason: 'nothing here' };
        },
      },
      router: { apply: async () => {}, observe: async () => served && { ...served, basis: 'seen' } },
      tickMs: 1_000,
    };
    await gather(ports, { rollout: of, evidence: evidenceOf(of) }, { at: T0, stepMs: 0 }, AbortSignal.timeout(1_000));
    if (request === null) throw new Error('it was not asked');
    return request;
  }

  it('names the split since it is in force in every data plane, whatever was in force before it', async () => {
    const { splitEpoch: epoch, canaryBps } = rollout;
    expect((await asked({ epoch, since: T0 - 7 })).split).toEqual({ epoch, canaryBps, since: T0 - 7 });
    expect((await asked({ epoch: epoch - 1, since: T0 - 7 })).split).toEqual({ epoch, canaryBps, since: null });
    expect((await asked(null)).split).toEqual({ epoch, canaryBps, since: null });
  });

  it('asks for probes where the policy does, while versions are compared', async () => {
    const policy = policyOf({ checks: { probes: { every: '30s' } } });
    expect((await asked(null, rolloutIn('step-1', policy))).probesEveryMs).toBe(30_000);
    for (const stage of ['internal', 'bake']) {
      expect((await asked(null, rolloutIn(stage, policy))).probesEveryMs).toBeUndefined();
    }
    expect((await asked(null)).probesEveryMs).toBeUndefined();
  });
});

describe('blocks from before the rollout', () => {
  const rollout = rolloutIn('step-1');

  async function judged(history: readonly Block[]): Promise<Evidence> {
    const ports: Pick<ControllerPorts, 'source' | 'router' | 'tickMs'> = {
      source: { name: 'asked', collect: async () => ({ kind: 'blocks', blocks: history, cursor: '1' }) },
      router: { apply: async () => {}, observe: async () => null },
      tickMs: 1_000,
    };
    return gather(ports, { rollout, evidence: evidenceOf(rollout) }, { at: T0, stepMs: 0 }, AbortSignal.timeout(1_000));
  }

  const before = (parts: Partial<Block>) =>
    Array.from({ length: 900 }, (_, index) =>
      blockOf({
        startedAt: T0 - (900 - index) * 5_000,
        durationMs: 5_000,
        splitEpoch: rollout.firstEpoch - 1,
        stable: tallyOf(4),
        canary: tallyOf(1, { errors: 1 }),
        ...parts,
      }),
    );

  it('describe the stable alone: they are no evidence, and do not say how the rollout is assigned', async () => {
    for (const assignment of ['per-request', 'by-key'] as const) {
      const { judge } = await judged(before({ assignment }));
      expect(logRateHarm(judge.checks.errors)).toBe(0);
      expect(logGrossHarm(judge.checks.gross)).toBe(0);
      expect(judge.warmUp).toMatchObject({ entries: 0, bps: 0 });
      expect(judge.assignment).toBeNull();
      expect(judge.checks.errors.stable.requests).toBeGreaterThan(100);
    }
  });

  it('say nothing of the key that failed most on an older canary', async () => {
    const worst = { canaryBps: 10_000, worstUnit: { requests: 1, errors: 1 } };
    const { judge } = await judged(before(worst).slice(-3));
    expect(judge.checks.guards.leftOut).toBeUndefined();
  });
});

describe('the units of a sticky route', () => {
  const rollout = { ...rolloutIn('step-1'), draw: 'by-unit' as const };

  async function asksFor(assignment: 'by-key' | 'per-request', seconds: number) {
    const asked: (readonly [string, number])[] = [];
    const { splitEpoch, canaryBps } = rollout;
    const blocks = [0, 1, 2].map((index) =>
      blockOf({
        startedAt: T0 + (index * seconds * 1_000) / 3,
        durationMs: (seconds * 1_000) / 3,
        splitEpoch,
        canaryBps,
        assignment,
      }),
    );
    const ports: Pick<ControllerPorts, 'source' | 'router' | 'tickMs'> = {
      source: {
        name: 'asked',
        collect: async () => ({ kind: 'blocks', blocks, cursor: '1' }),
        units: async (route, draws) => {
          asked.push([route, draws.length]);
          return null;
        },
      },
      router: { apply: async () => {}, observe: async () => ({ epoch: splitEpoch, since: T0, basis: 'seen' }) },
      tickMs: 1_000,
    };
    await gather(ports, { rollout, evidence: evidenceOf(rollout) }, { at: T0, stepMs: 0 }, AbortSignal.timeout(1_000));
    return asked;
  }

  it('are asked for when a look at the keys is due, with the draws of the attempt', async () => {
    expect(await asksFor('by-key', 12)).toEqual([]);
    expect(await asksFor('by-key', 15)).toEqual([[rollout.route, 10_000]]);
    expect(await asksFor('per-request', 15)).toEqual([]);
  });
});
