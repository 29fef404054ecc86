import { describe, expect, it } from 'vitest';
import { gather } from '../../../src/controller/gather.ts';
import type { ControllerPorts } from '../../../src/controller/ports.ts';
import type { CollectRequest } from '../../../src/metrics/source.ts';
import { evidenceOf } from '../../support/rollout-fixture.ts';
import { rolloutIn, T0 } from '../../support/rollouts.ts';

describe('what a source is asked', () => {
  const rollout = rolloutIn('step-1');

  async function asked(served: { readonly epoch: number; readonly since: number } | null): Promise<CollectRequest> {
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
    await gather(ports, { rollout, evidence: evidenceOf(rollout) }, { at: T0, stepMs: 0 }, AbortSignal.timeout(1_000));
    if (request === null) throw new Error('it was not asked');
    return request;
  }

  it('names the split since it is in force in every data plane, whatever was in force before it', async () => {
    const { splitEpoch: epoch, canaryBps } = rollout;
    expect((await asked({ epoch, since: T0 - 7 })).split).toEqual({ epoch, canaryBps, since: T0 - 7 });
    expect((await asked({ epoch: epoch - 1, since: T0 - 7 })).split).toEqual({ epoch, canaryBps, since: null });
    expect((await asked(null)).split).toEqual({ epoch, canaryBps, since: null });
  });
});
