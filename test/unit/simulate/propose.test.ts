import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../../src/policy/read.ts';
import { planRollout } from '../../../src/simulate/plan.ts';
import { proposePolicy as proposed } from '../../../src/simulate/propose.ts';
import { logNormalThrough } from '../../../src/simulate/traffic.ts';

const trafficAt = (requestsPerSecond: number, errorRate = 0.001, p99Ms = 300) => ({
  requestsPerSecond,
  errorRate,
  clientErrorRate: 0.01,
  latency: logNormalThrough(40, p99Ms),
});

function proposePolicy(...by: Parameters<typeof proposed>) {
  const proposal = proposed(...by);
  if (proposal === null) expect.fail('no policy can carry this traffic');
  return proposal;
}

describe('a proposed policy', () => {
  it.each([
    [0.002, 0.001, 300],
    [0.0167, 0.001, 300],
    [0.2, 0.05, 300],
    [1, 0.001, 4_000],
    [3, 0.0001, 45],
    [30, 0.3, 300],
    [2_000, 0.001, 300],
  ])('at %d requests/s, errors %d, p99 %d ms is valid, and shows parity within its dwells', (rps, errors, p99Ms) => {
    const traffic = trafficAt(rps, errors, p99Ms);
    const { policy, text } = proposePolicy('mine', traffic);
    expect(readPolicy(text, 'mine.yaml')).toMatchObject({ ok: true, policy });
    for (const { evidenceMs, dwellMs } of planRollout(policy, traffic).steps) {
      expect(evidenceMs).not.toBeNull();
      expect(2.3 * (evidenceMs ?? Number.NaN)).toBeLessThanOrEqual(dwellMs);
    }
    expect(policy.spec.guards.errors).toBeGreaterThan(errors);
  });

  it('begins at 1 % where the traffic carries it, and is the quiet one at little traffic', () => {
    const weights = (rps: number) =>
      proposePolicy('mine', trafficAt(rps)).policy.spec.steps.map((step) => ('weight' in step ? step.weight : 0));
    expect(weights(500)).toEqual([100, 1_000, 5_000]);
    expect(weights(3)).toEqual([1_000, 5_000]);
    expect(weights(0.05)).toEqual([2_500, 5_000]);
    const quiet = proposePolicy('mine', trafficAt(0.05));
    expect(quiet.policy.spec.checks.latency).toMatchObject({ p50: { dryRun: false }, p99: { dryRun: true } });
    expect(quiet.text).toContain('# It has the margins of policies/quiet.yaml');
  });

  it('says of each step what it shows and finds', () => {
    expect(proposePolicy('mine', trafficAt(3)).text).toMatch(
      /# parity in about \S+ h, errors last\.\n +# Found: errors 2x in .*, latency 2x in \S+ min\.\n +- weight: 10%\n/,
    );
  });

  it.each([0.0002, 0.000_01])('is none at %d requests/s: a step would take longer than any dwell can be', (rps) => {
    expect(proposed('mine', trafficAt(rps))).toBeNull();
  });
});
