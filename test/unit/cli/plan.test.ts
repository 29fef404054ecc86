import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
      pairNoise: 0.15,
    });
    expect(plan.takesMs).toBeGreaterThan(5 * 86_400_000);
    expect(plan.steps.map(({ step, slowest }) => [step, slowest])).toEqual([
      [1, 'errors'],
      [2, 'errors'],
      [3, 'errors'],
    ]);
    expect(plan.advice[0]).toMatchObject({ step: 1, change: 'weight' });
  });

  it('proposes a policy into a file that is not there yet', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'serin-plan-')), 'checkout.yaml');
    const { code, out } = await shell.run(`plan --rps 0.5 --write ${file}`);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^wrote .*checkout\.yaml: the policy that this traffic can carry; it compares no fields of answers and no logs until .* are added\n\ncheckout at 0\.5 requests\/s/,
    );
    const text = readFileSync(file, 'utf8');
    expect((await shell.run(`validate ${file}`)).out).toContain('valid (checkout, ');
    const again = await shell.run(`plan --rps 500 --write ${file}`);
    expect(again).toMatchObject({ code: 2, out: '' });
    expect(again.err).toContain('checkout.yaml is there already, and is not overwritten: give --write the name');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect((await shell.run('plan --rps 500')).err).toContain('plan takes a policy, or --write FILE');
  });

  it('writes no policy for traffic that none can carry, and says why a file cannot be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'serin-plan-'));
    const file = join(folder, 'p.yaml');
    const { code, out, err } = await shell.run(`plan --rps 0.0002 --write ${file}`);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('is not written: no policy can carry so little traffic');
    expect(existsSync(file)).toBe(false);
    const nowhere = await shell.run(`plan --rps 500 --write ${join(folder, 'no', 'p.yaml')}`);
    expect(nowhere.err).toContain('cannot be written: its folder does not exist');
    const misnamed = join(folder, 'no-such.yaml');
    expect((await shell.run(`plan ${misnamed} --rps 500 --write ${file}`)).err).toContain('no-such.yaml');
    expect(existsSync(file)).toBe(false);
  });

  it('says of spec.dryRun that a person ends each step, and counts probes', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'serin-plan-')), 'mine.yaml');
    const spec = (more: string) =>
      writeFileSync(
        file,
        `apiVersion: serin.dev/v1\nkind: GraduationPolicy\nmetadata: { name: mine }\nspec:\n  steps: [{ weight: 10%, dwell: 1m }]\n${more}`,
      );
    spec('  dryRun: true\n');
    const reporting = await shell.run(`plan ${file} --rps 20`);
    expect(reporting.out).toMatch(/^1 +10 % +2\/s +1m 00s +- +- +by hand$/m);
    expect(reporting.out).toContain('in all: until a person ends each stage (spec.dryRun)');
    expect(reporting.out).not.toContain('queries');
    expect(JSON.parse((await shell.run(`plan ${file} --rps 20 -o json`)).out)).toMatchObject({ takesMs: null });
    const only = ['errors', 'clientErrors'].map((name) => `    ${name}: { dryRun: true }\n`).join('');
    const latency = '    latency: { p50: { dryRun: true }, p95: { dryRun: true }, p99: { dryRun: true } }\n';
    spec(`  checks:\n${only}${latency}    probes: { every: 1m }\n`);
    const probed = await shell.run(`plan ${file} --rps 0.01`);
    expect(probed.out).toContain('; the two times of a pair of probes differ by 15 %\n');
    expect(probed.out).toMatch(/^1 +10 % +0\.001\/s +1m 00s +(\d+)m 00s \(.*\) +probes +\1m 00s$/m);
    expect(probed.out).toMatch(/^latency 2x +\d+m 00s: 2 requests$/m);
    expect(probed.out).toContain(
      'to show the parity of probes, whatever its weight: a shorter checks.probes.every than 1m,',
    );
    const noisy = await shell.run(`plan ${file} --rps 0.01 --pair-noise 40%`);
    expect(noisy.out).toMatch(/^1 .* \d+h \d+m$/m);
    expect((await shell.run(`plan ${file} --rps 1 --pair-noise 0%`)).err).toContain(
      '--pair-noise must be a percentage above 0%, such as 15%',
    );
  });

  it('says what warm-ups and a sticky key add', async () => {
    const { out } = await shell.run(`plan ${STANDARD} --rps 100 --keys 5000`);
    expect(out).not.toContain('more than 2 %');
    expect(out).toContain('; each step begins with 4m 00s of warm-up, for cold starts');
    expect(out).toContain(
      'by a sticky key: of 5,000 keys whose latencies differ by 30 %, no change can be told below 12.9 % at 1 %, ' +
        '4.3 % at 10 %, 2.6 % at 50 %, however long a step lasts',
    );
    expect((await shell.run(`plan ${STANDARD} --rps 100 --keys many`)).err).toContain('--keys must be a whole number');
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
