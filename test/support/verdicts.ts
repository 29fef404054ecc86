import type { Finding, Verdict } from '../../src/judge/verdict.ts';

/** Of a check that compares one thing. */
type Told = Omit<Finding, 'differences'> & Required<Pick<Finding, 'limits'>>;

export function findingOf(parts: Partial<Told> = {}): Told {
  return {
    check: 'errors',
    canary: 0.0021,
    stable: 0.002,
    unit: 'share',
    quantile: null,
    bounds: { canary: { low: 0.0008, high: 0.005 }, stable: { low: 0.0012, high: 0.003 } },
    requests: { canary: 1_204, stable: 10_911 },
    logHarm: 0.4,
    budgetWeight: 0.4,
    dispersion: 1,
    logParity: 1.2,
    logParityThreshold: 2.3,
    rollbackMargin: '10 % + 0.01 pp',
    parityMargin: '25 % or 0.1 pp',
    limits: { rollback: 0.0023, parity: 0.003 },
    needsCanaryRequests: 800,
    needsAt: [],
    says: 'errors 0.21 % against 0.20 %',
    ...parts,
  };
}

export function verdictOf(parts: Partial<Verdict> = {}): Verdict {
  return {
    name: 'undecided',
    reason: 'undecided: 800 more canary requests are needed, about 4 minutes',
    logEvidence: 0.4,
    logThreshold: Math.log(1000),
    logHold: Math.log(20),
    findings: [
      findingOf(),
      findingOf({ check: 'p95', unit: 'ms', canary: 48.2, stable: 47.9, needsCanaryRequests: null }),
    ],
    worst: null,
    needs: { canaryRequests: 800, ms: 240_000 },
    forecast: null,
    ...parts,
  };
}
