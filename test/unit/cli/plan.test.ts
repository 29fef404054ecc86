import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/simulate/plan.ts';
import { openShell, type Shell } from './harness.ts';

const STANDARD = fileURLToPath(new URL('../../../policies/standard.yaml', import.meta.url));

let shell: Shell;
beforeAll(async () => {
  shell = await openShell();
});
afterAll(() => shell.stop());

describe('serin plan', () => {
  it('prints what it assumed, the steps and what they catch', async () => {
    const { code, out } = await shell.run(`plan ${STANDARD} --rps 200`);
    expect(code).toBe(0);
    expect(out).toMatch(/^standard at 200 requests\/s, errors 0.1 %, 4xx 1 %, p50 40 ms, p99 300 ms \(log-normal\)\n/);
    expect(out).toMatch(/^1 {6}1 % {6}2\/s {6}1d 0h .*1d 0h$/m);
    expect(out).toMatch(/^errors 20x .*: [\d,]+ requests, \d+ failed/m);
    expect(out).toMatch(/^latency \+10 % /m);
    expect(out).toContain('in all: 4d 1h, bake included');
  });

  it('gives the same as JSON, with other assumptions', async () => {
    const { out } = await shell.run(`plan ${STANDARD} --rps 2 --error-rate 1% --p50 5ms --p99 1s -o json`);
    const plan = JSON.parse(out) as Plan & { assumed: object; policy: string };
    expect(plan.assumed).toEqual({
      requestsPerSecond: 2,
      errorRate: 0.01,
      clientErrorRate: 0.01,
      p50Ms: 5,
      p99Ms: 1_000,
    });
    expect(plan.takesMs).toBeNull();
    expect(plan.steps.map(({ step, slowest, takesMs }) => [step, slowest, takesMs])).toEqual([
      [1, 'p99', null],
      [2, 'p99', null],
      [3, 'p99', null],
    ]);
    expect(plan.advice[0]).toMatchObject({ step: 1, change: 'traffic' });
  });

  it.each([
    ['', "required option '--rps <number>' not specified"],
    [' --rps 0', '--rps must be a number above 0, such as 200'],
    [' --rps 1e3', '--rps must be a number above 0'],
    [' --rps 1 --error-rate 0.1', '--error-rate must be a percentage above 0% and below 100%, such as 0.1%'],
    [' --rps 1 --error-rate 0%', '--error-rate must be a percentage above 0%'],
    [' --rps 1 --client-error-rate 100%', '--client-error-rate must be a percentage below 100%'],
    [' --rps 1 --p50 40', '--p50 must be a duration above 0, such as 40ms'],
    [' --rps 1 --p99 40ms', '--p99 must be more than --p50'],
  ])('refuses%s with 2', async (options, message) => {
    const { code, out, err } = await shell.run(`plan ${STANDARD}${options}`);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});
