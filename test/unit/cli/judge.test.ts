import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReplayVerdict } from '../../../src/simulate/replay.ts';
import { tallyOf } from '../../support/judge-blocks.ts';
import { openShell, type Shell } from './harness.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: brisk }
spec:
  steps: [{ weight: 10%, dwell: 1m }, { weight: 50%, dwell: 1m }]
  checks:
    errors: { parity: { relative: 25%, absolute: 1pp } }
    latency:
      p50: { rollback: 4.1%, parity: 27% }
      p95: { rollback: 6.2%, parity: 43% }
      p99: { rollback: 10.5%, parity: 61% }
  judge: { block: 1s, minStep: 3s, warmUp: 0s }
`;

let folder = '';
let policy = '';
let shell: Shell;

beforeAll(async () => {
  shell = await openShell();
  folder = mkdtempSync(join(tmpdir(), 'serin-judge-'));
  policy = join(folder, 'policy.yaml');
  writeFileSync(policy, POLICY);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await shell.stop();
});

function line(second: number, { errors = 0, canary = {} }: { errors?: number; canary?: object | null } = {}): string {
  const version = (requests: number, failed: number) => {
    const { latency, clientErrors: _, ...counts } = tallyOf(requests, { errors: failed });
    return { ...counts, latency: { gamma: 1.02, counts: latency } };
  };
  return JSON.stringify({
    at: new Date(second * 1_000).toISOString(),
    step: 1,
    weight: 0.1,
    stable: version(900, 2),
    canary: canary && { ...version(100, errors), ...canary },
  });
}

function lines(count: number, from = 0, parts: Parameters<typeof line>[1] = {}): string {
  return Array.from({ length: count }, (_, at) => `${line(from + at, parts)}\n`).join('');
}

function judge(stdin: string, more = '') {
  return shell.run(`judge --policy ${policy}${more}`, { stdin });
}

describe('serin judge with logs', () => {
  const logged = (second: number, requests: number, fresh: number) => ({
    lines: requests + fresh,
    levels: { info: requests, error: fresh },
    templates: {
      'info http.Access: GET <*>': requests,
      ...(fresh === 0 ? {} : { 'error pay.Charge: card <*> declined': fresh }),
    },
    calls: { 'http payments.internal': requests + (second % 3) },
  });
  const of = (block: number, logs?: object) =>
    JSON.stringify({
      at: new Date(block * 5_000).toISOString(),
      step: 1,
      weight: 0.1,
      stable: { requests: 900, errors: 0 },
      canary: { requests: 100, errors: 0 },
      ...(logs === undefined ? {} : { logs }),
    });
  const run = (blocks: readonly string[]) =>
    shell.run(`judge --policy ${join(folder, 'logs.yaml')} -o json`, { stdin: `${blocks.join('\n')}\n` });

  beforeAll(() =>
    writeFileSync(
      join(folder, 'logs.yaml'),
      POLICY.replace('  judge:', '    logs: { newErrors: rollback }\n  judge:').replace('block: 1s', 'block: 5s'),
    ),
  );

  it('rolls back for a new error, and says which', async () => {
    const both = (at: number) => ({ stable: logged(at, 900, 0), canary: logged(at, 100, 4) });
    const { code, out } = await run(Array.from({ length: 72 }, (_, at) => of(at, both(at))));
    expect(code).toBe(3);
    const { verdict, reason, line: at } = JSON.parse(out) as ReplayVerdict;
    expect(verdict).toBe('harmful');
    expect(reason).toMatch(
      /^canary logs what the stable does not: error pay\.Charge "card <\*> declined" is new: [\d,]+ lines in [\d,]+ requests, the stable had none in/,
    );
    expect(at).toBeLessThan(72);
  });

  it('waits for lines that nobody sends', async () => {
    const { code, out } = await run(Array.from({ length: 40 }, (_, at) => of(at)));
    expect([code, JSON.parse(out)]).toMatchObject([
      5,
      { verdict: 'blind', reason: expect.stringMatching(/^nobody sends the logs/) },
    ]);
  });
});

describe('serin judge with values of queries', () => {
  const QUERIES = `    queries:
      cpu: { query: cpu, worse: higher, interval: 1s, comparable: true, action: rollback, weight: 0.2 }
      seats: { query: seats, worse: lower, interval: 1s, dryRun: true }
`;
  const valued = (second: number, factor: number, more: object = {}) => {
    const value = (at: number) => 0.4 + 0.002 * Math.sin(at * 12.9898);
    const cpu = { stable: value(second), canary: factor * value(second + 0.5) };
    return `${JSON.stringify({ ...JSON.parse(line(second)), series: { cpu, ...more } })}\n`;
  };
  const valuedLines = (count: number, factor: number) =>
    Array.from({ length: count }, (_, at) => valued(at, factor, { seats: { stable: [9, 9], canary: null } })).join('');

  beforeAll(() => writeFileSync(join(folder, 'queries.yaml'), POLICY.replace('  judge:', `${QUERIES}  judge:`)));

  const run = (stdin: string, more = '') =>
    shell.run(`judge --policy ${join(folder, 'queries.yaml')}${more}`, { stdin });

  it('rolls back for a value that is worse, and shows values in their own unit', async () => {
    const bad = await run(valuedLines(40, 1.3));
    expect(bad).toMatchObject({
      code: 3,
      out: expect.stringMatching(/^harmful since line \d+, .*canary query cpu 0\.5\d* against 0\.\d+ \(margin 5 %\)/),
    });
    expect(bad.out).toMatch(/^query:cpu +0\.5\d+ +0\.\d+ +\d/m);
    expect(bad.out).toMatch(/^query:seats .*\(report only\)$/m);
    expect(await run(valuedLines(120, 1))).toMatchObject({
      code: 0,
      out: expect.stringContaining('query cpu within 10 %'),
    });
  });

  it('is blind where a value is null, and takes a check that the policy does not have for a fault', async () => {
    const missing = await run(valuedLines(120, 1) + valued(120, 1, { cpu: { stable: 0.4, canary: null } }));
    expect(missing).toMatchObject({
      code: 5,
      out: expect.stringMatching(/^blind .*query cpu gave no usable value for the canary/),
    });
    const unknown = await run(valued(0, 1, { cpi: { stable: 1, canary: 1 } }));
    expect(unknown).toMatchObject({
      code: 2,
      err: expect.stringContaining('stdin:1 series has the unknown check cpi: the policy has cpu, seats'),
    });
  });
});

describe('serin judge', () => {
  it('says since which line a harmful canary is one, and exits with 3', async () => {
    const { code, out } = await judge(lines(4) + lines(20, 4, { errors: 40 }), ' -o json');
    const answer = JSON.parse(out) as ReplayVerdict;
    expect(code).toBe(3);
    expect(Object.keys(answer)).toEqual(['verdict', 'reason', 'decidedAt', 'line', 'checks']);
    expect(answer).toMatchObject({ verdict: 'harmful', line: expect.any(Number) });
    expect(answer.line).toBeGreaterThanOrEqual(7);
    expect(answer.line).toBeLessThanOrEqual(9);
    expect(answer.decidedAt).toBe(new Date((answer.line ?? 0) * 1_000).toISOString());
    expect(answer.reason).toMatch(/^canary errors 40 % against 0.22 %/);
  });

  it('exits with 0 at parity and with 5 where it cannot tell yet', async () => {
    expect(await judge(lines(120))).toMatchObject({ code: 0, out: expect.stringMatching(/^at-parity since line \d+/) });
    expect(await judge(lines(2))).toMatchObject({ code: 5, out: expect.stringMatching(/^undecided since line 1,/) });
    expect(await judge('')).toMatchObject({ code: 5, out: 'undecided: nothing has been measured yet\n' });
  });

  it('answers each block on a line of its own, and the last again', async () => {
    const { out } = await judge(`${lines(3)}\n${lines(1, 3, { canary: null })}`, ' --each -o json');
    const answers = out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as ReplayVerdict);
    expect(answers.map(({ verdict, line: at }) => [verdict, at])).toEqual([
      ['undecided', 1],
      ['undecided', 1],
      ['undecided', 1],
      ['blind', 5],
      ['blind', 5],
    ]);
  });

  it.each([
    [
      'a mistyped key',
      `${line(0)}\n${line(1).replace('weight', 'wieght')}\n`,
      'stdin:2 a block has the unknown key wieght, did you mean weight?',
    ],
    ['no JSON', `${line(0)}\n\n{"at":\n`, 'stdin:3 this is no JSON'],
    [
      'a step that the policy lacks',
      line(0).replace('"step":1', '"step":7'),
      'stdin:1 step is 7, but the policy has 2',
    ],
    ['blocks out of order', `${line(5)}\n${line(4)}\n`, 'stdin:2 at must be later than in the block before'],
    ['counts below zero', line(0, { canary: { requests: -1 } }), 'stdin:1 canary.requests must be a whole number'],
  ])('refuses %s with the line, and exits with 2', async (_, stdin, message) => {
    const { code, out, err } = await judge(stdin);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^serin: stdin:/);
    expect(err).toContain(message);
  });

  it('wants a policy that is one', async () => {
    expect(await shell.run('judge', { stdin: '' })).toMatchObject({ code: 2 });
    const missing = await shell.run(`judge --policy ${join(folder, 'none.yaml')}`, { stdin: '' });
    expect(missing).toMatchObject({ code: 2, err: expect.stringMatching(/\/\S+ does not exist/) });
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, POLICY.replace('minStep', 'minSteps'));
    const invalid = await shell.run(`judge --policy ${bad}`, { stdin: '' });
    expect(invalid).toMatchObject({ code: 2, err: expect.stringContaining('did you mean minStep?') });
  });
});
