import type { Difference } from '../../src/parity/differences/difference.ts';
import type { Finding } from '../../src/parity/finding.ts';
import type { Sighting } from '../../src/stats/answers/sighting.ts';

/** `/amount` is gone from the orders, as a check would say it. */
export function differenceOf(parts: Partial<Difference> = {}): Difference {
  return {
    kind: 'removed',
    effect: 'breaking',
    place: 'GET /orders/{id} 2xx',
    path: '/amount',
    to: null,
    canary: { count: 0, of: 412, bounds: { low: 0, high: 0.012 } },
    stable: { count: 3_690, of: 3_690, bounds: { low: 0.998, high: 1 } },
    logHarm: 12,
    firstSeen: Date.UTC(2026, 10, 30, 18, 54, 24),
    sighting: 'GET /orders/{id} 2xx absent /amount',
    says: '/amount is gone (0 of 412 answers against 3,690 of 3,690)',
    ...parts,
  };
}

export const SIGHTED: Sighting = {
  consumers: ['acme'],
  examples: [
    { track: 'canary', text: '{"id":7,"total":12.5}' },
    { track: 'stable', text: '{"id":9,"amount":3}' },
  ],
};

/** A finding of a check of differences, harmful by itself. */
export function differingFinding(differences: readonly Difference[], parts: Partial<Finding> = {}): Finding {
  return {
    check: 'responseShape',
    canary: 1,
    stable: 0,
    unit: 'share',
    quantile: null,
    bounds: { canary: null, stable: null },
    requests: { canary: 412, stable: 3_690 },
    logHarm: 12,
    budgetWeight: 0.1,
    dispersion: 1,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: '0.5 pp',
    parityMargin: null,
    needsCanaryRequests: null,
    needsAt: [],
    differences,
    says: 'the answers differ',
    ...parts,
  };
}
