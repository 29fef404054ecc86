import { describe, expect, it } from 'vitest';
import type { FindingView, VerdictView } from '../../../src/api/verdict-schemas.ts';
import {
  checkLabel,
  harmPart,
  harmThresholdOf,
  marginDoes,
  parityOf,
  worstFirst,
} from '../../../src/dashboard/pages/rollout/checks/check-evidence.ts';
import { aloneAt } from '../../../src/parity/stake.ts';

const finding = (check: string, more: Partial<FindingView> = {}): FindingView => ({
  check,
  canary: 0.01,
  stable: 0.01,
  unit: 'share',
  quantile: null,
  bounds: { canary: null, stable: null },
  requests: { canary: 10, stable: 90 },
  logHarm: 0,
  budgetWeight: 0.2,
  dispersion: 1,
  logParity: null,
  logParityThreshold: null,
  rollbackMargin: '10 %',
  parityMargin: null,
  limits: { rollback: null, parity: null },
  needsCanaryRequests: null,
  needsAt: [],
  says: check,
  ...more,
});
const THRESHOLDS = { logThreshold: Math.log(1_000), logHold: Math.log(20) };
const verdict = (findings: FindingView[], worst: string | null = null): VerdictView => ({
  name: 'undecided',
  reason: '',
  since: null,
  logEvidence: 0,
  ...THRESHOLDS,
  worst,
  needs: null,
  forecast: null,
  where: null,
  findings,
});

describe('the threshold of one check', () => {
  it('is where the judge says that it decides alone', () => {
    for (const budgetWeight of [0.01, 0.2, 1]) {
      const { log } = harmThresholdOf(finding('p99', { budgetWeight }), THRESHOLDS) ?? {};
      expect(log).toBe(aloneAt(budgetWeight, THRESHOLDS.logThreshold));
    }
  });

  it('is what holds where a check can do no more, and none where its evidence does not count', () => {
    const holds = finding('query:cpu', { budgetWeight: 0, unit: 'value' });
    expect(harmThresholdOf(finding('logs', { budgetWeight: 0, unit: 'value' }), THRESHOLDS)).toBeNull();
    expect(harmThresholdOf(holds, THRESHOLDS)).toEqual({ log: Math.log(20), does: 'holds' });
    expect(harmThresholdOf(finding('silence', { budgetWeight: 0 }), THRESHOLDS)?.does).toBe('holds');
    expect(harmThresholdOf(finding('split', { budgetWeight: 0 }), THRESHOLDS)).toBeNull();
    expect(harmThresholdOf(finding('p99', { dryRun: true }), THRESHOLDS)).toBeNull();
    expect(harmThresholdOf(finding('p99'), { ...THRESHOLDS, logThreshold: null })).toBeNull();
  });

  it('gives a margin its name, and none where nothing comes of it', () => {
    const does = (more: Partial<FindingView>) => marginDoes(finding('p99', more), verdict([]));
    expect(does({})).toBe('rolls back');
    expect(does({ dryRun: true })).toBe('would only be reported');
    expect(does({ budgetWeight: 0 })).toBeNull();
  });

  it('is reached by no evidence of a logarithm that is null or negative', () => {
    expect([null, -3, 0].map((logHarm) => harmPart(finding('p99', { logHarm }), THRESHOLDS))).toEqual([0, 0, 0]);
    expect(harmPart(finding('p99', { logHarm: 1e9 }), THRESHOLDS)).toBe(1);
  });
});

describe('the order of checks', () => {
  it('has what the verdict rests on first, and what only reports last', () => {
    const open = { logParity: 1, logParityThreshold: 3 };
    const shown = { logParity: 3, logParityThreshold: 3 };
    const all = [
      finding('quiet'),
      finding('dry', { dryRun: true, logHarm: 50 }),
      finding('shown', shown),
      finding('nearly', { ...open, logParity: 2.5 }),
      finding('far', open),
      finding('telling', { ...shown, logHarm: 4 }),
      finding('led', shown),
      finding('worst', { logHarm: 1 }),
    ];
    const order = worstFirst(verdict(all, 'worst')).map(({ check }) => check);
    expect(order).toEqual(['worst', 'telling', 'far', 'nearly', 'shown', 'led', 'quiet', 'dry']);
  });
});

describe('a check', () => {
  it('has shown parity only where it claims one', () => {
    expect(parityOf(finding('dominance'))).toBe('none');
    expect(parityOf(finding('p99', { logParity: null, logParityThreshold: 3 }))).toBe('open');
    expect(parityOf(finding('p99', { logParity: 3, logParityThreshold: 3 }))).toBe('shown');
    expect(parityOf(finding('p99', { logParity: 9, logParityThreshold: 3, dryRun: true }))).toBe('reports');
  });

  it('has a name for people', () => {
    const named = ['p99', 'guard:errors', 'keys:p95', 'query:conversion', 'clientErrors', 'slower:250', 'odd:a:b'];
    expect(named.map((check) => checkLabel({ check }))).toEqual([
      'p99',
      'guard errors',
      'p95 by key',
      'query conversion',
      '4xx answers',
      'slower than 250 ms',
      'odd a:b',
    ]);
    expect(checkLabel({ check: 'kinds:x', named: 'finish-reason length' })).toBe('finish-reason length');
  });
});
