import { describe, expect, it } from 'vitest';
import type { ControllerPorts } from '../../../src/controller/ports.ts';
import { guardWarning } from '../../../src/controller/warnings/guard-warning.ts';
import type { CollectRequest } from '../../../src/metrics/source.ts';
import { announce } from '../../../src/rollout/announce.ts';
import { noEvidence } from '../../../src/rollout/evidence.ts';
import { begin } from '../../../src/rollout/transition.ts';
import { blockOf, tallyOf } from '../../support/judge-blocks.ts';
import { apply, happening, policyOf, startedEvent, T0 } from '../../support/rollouts.ts';

const started = startedEvent(policyOf({ guards: { errors: '5%' } }));
const failing = Array.from({ length: 12 }, (_, index) =>
  blockOf({ startedAt: index * 5_000, durationMs: 5_000, canaryBps: 0, stable: tallyOf(500, { errors: 100 }) }),
);

async function warned(collect: ControllerPorts['safeguard']['source']['collect']) {
  const told: string[] = [];
  const source = { name: 'gateway', collect };
  const safeguard = { source, toStable: async () => undefined, blindAfterMs: 60_000 };
  const warning = await guardWarning({ safeguard, log: ({ what }) => void told.push(what) }, started);
  return { warning, told };
}

describe('a start on a route whose stable breaks a guard', () => {
  it('warns, by what the gateway holds of the stable', async () => {
    let asked: CollectRequest | null = null;
    const { warning } = await warned(async (request) => {
      asked = request;
      return { kind: 'blocks', blocks: failing, cursor: null };
    });
    expect(warning).toMatch(
      /^the stable by itself breaks the guard errors \(5 %\), with 20 % of 6,000 requests failed /,
    );
    expect(asked).toMatchObject({ route: 'payments', after: null, measure: { errorStatuses: ['5xx'] } });
  });

  it('is not kept from starting by what goes wrong here', async () => {
    expect(await warned(async () => ({ kind: 'unusable', reason: 'no data' }))).toEqual({ warning: null, told: [] });
    const thrown = await warned(async () => {
      throw new Error('the worker is gone');
    });
    expect(thrown).toEqual({ warning: null, told: ['safeguardFailed'] });
  });

  it('is told in the rollout, its audit and its message', () => {
    const before = begin(started, T0);
    const event = { kind: 'preflightPassed', warning: 'the stable by itself breaks a guard' } as const;
    const after = apply(before, event);
    expect(after.reason).toBe('every canary address answers, but the stable by itself breaks a guard');
    const actor = { name: 'ada', role: 'operator' } as const;
    const seen = noEvidence(started.policy, T0);
    expect(announce(before, after, { ...happening(event), actor, reason: 'ready' }, seen)[0]?.summary).toBe(
      'payments: v2 started by ada, it gets forced requests only: “ready”; but the stable by itself breaks a guard',
    );
  });
});
