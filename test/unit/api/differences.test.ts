import { expect, it } from 'vitest';
import { findingViewSchema, verdictViewSchema } from '../../../src/api/verdict-schemas.ts';
import { declaredView } from '../../../src/api/views/declared-view.ts';
import { rolloutView } from '../../../src/api/views.ts';
import type { Difference } from '../../../src/parity/differences/difference.ts';
import { differenceOf, differingFinding, SIGHTED } from '../../support/differences.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { evidenceOf } from '../../support/rollout-fixture.ts';
import { rolloutIn } from '../../support/rollouts.ts';

function viewed(differences: readonly Difference[]) {
  const rollout = rolloutIn('step-1');
  const verdict = verdictOf({ findings: [differingFinding(differences)] });
  const view = rolloutView(
    { rollout, evidence: { ...evidenceOf(rollout), verdict } },
    { look: null, unrecorded: null, acts: [] },
  );
  return findingViewSchema.parse(JSON.parse(JSON.stringify(view.verdict?.findings[0]))).differences ?? [];
}

it('a difference has its rates, when it was seen first, who met it, and its examples', () => {
  expect(viewed([{ ...differenceOf(), seen: SIGHTED }, differenceOf({ firstSeen: null, logHarm: Infinity })])).toEqual([
    {
      kind: 'removed',
      effect: 'breaking',
      place: 'GET /orders/{id} 2xx',
      path: '/amount',
      to: null,
      canary: { count: 0, of: 412, share: 0, bounds: { low: 0, high: 0.012 } },
      stable: { count: 3_690, of: 3_690, share: 1, bounds: { low: 0.998, high: 1 } },
      logHarm: 12,
      firstSeen: '2026-11-30T18:54:24.000Z',
      consumers: ['acme'],
      examples: SIGHTED.examples,
      says: '/amount is gone (0 of 412 answers against 3,690 of 3,690)',
    },
    expect.objectContaining({ firstSeen: null, logHarm: null, consumers: [], examples: [] }),
  ]);
});

it('is bounded, whatever upstreams answered', () => {
  const endless = 'x'.repeat(100_000);
  const hostile = { ...differenceOf({ path: endless, place: endless, says: endless, to: endless }), seen: SIGHTED };
  expect(JSON.stringify(viewed(Array.from({ length: 20 }, () => hostile))).length).toBeLessThan(60_000);
});

it('of the internal phase has the same', () => {
  const rollout = rolloutIn('internal');
  const differences = [{ ...differenceOf(), seen: SIGHTED }];
  const reservations = [{ kind: 'refuses', check: 'responseShape', reason: 'differ', differences }] as const;
  const evidence = { ...evidenceOf(rollout), verdict: verdictOf({ reservations }) };
  const { verdict } = rolloutView({ rollout, evidence }, { look: null, unrecorded: null, acts: [] });
  expect(verdictViewSchema.parse(JSON.parse(JSON.stringify(verdict))).reservations).toEqual([
    { kind: 'refuses', check: 'responseShape', reason: 'differ', differences: viewed(differences) },
  ]);
});

it('of the internal phase is what the OpenAPI documents are compared with, too', () => {
  const differences = [differenceOf()];
  const reservations = [{ kind: 'holds', check: 'responseShape', reason: 'differ', differences }] as const;
  const documents = { state: 'compared', differences: [], left: 0 } as const;
  expect(declaredView(documents, verdictOf({ reservations }))).toMatchObject({
    differences: [{ told: 'seen-and-not-declared', path: '/amount' }],
  });
});
