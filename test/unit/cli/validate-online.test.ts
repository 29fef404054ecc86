import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PolicyAnswer, PolicyCheck } from '../../../src/api/policy-control.ts';
import { readPolicy } from '../../../src/policy/read.ts';
import { TOKENS } from '../../support/fake-control.ts';
import { openShell, type Shell } from './harness.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: payments }
spec:
  steps:
    - { weight: 10%, dwell: 1m }
  checks:
    queries:
      cpu:
        query: cpu{version="{{version}}"}
        worse: higher
`;

let shell: Shell;
let folder: string;
let file: string;

beforeAll(async () => {
  shell = await openShell();
  folder = await mkdtemp(join(tmpdir(), 'serin-validate-'));
  file = join(folder, 'mine.yaml');
  await writeFile(file, POLICY);
});

afterAll(async () => {
  await shell.stop();
  await rm(folder, { recursive: true });
});

const answerOf = (more: Partial<PolicyAnswer>): PolicyAnswer => ({
  what: 'cpu',
  source: 'prometheus',
  track: 'stable',
  version: 'v1',
  outcome: 'value',
  value: 0.41,
  says: '0.41',
  ...more,
});

const found =
  (more: Partial<PolicyCheck>) =>
  (route: string): PolicyCheck => ({
    route,
    issues: [],
    unreachable: [],
    answers: [answerOf({})],
    notes: [],
    ...more,
  });

const mood = () => shell.control.mood;

describe('validate --online', () => {
  beforeEach(() => {
    mood().policyCheck = found({});
  });

  it('says what came back for each query and version', async () => {
    mood().policyCheck = found({
      answers: [
        answerOf({}),
        answerOf({ track: 'canary', version: 'v2', outcome: 'unusable', value: null, says: 'NaN' }),
      ],
    });
    const { code, out, err } = await shell.run(`validate --online ${file}`);
    expect([code, err]).toEqual([0, '']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(lines.slice(1)).toEqual([
      ['CHECK', 'SOURCE', 'VERSION', 'OUTCOME', 'SAYS'],
      ['cpu', 'prometheus', 'stable v1', 'value', '0.41'],
      ['cpu', 'prometheus', 'canary v2', 'unusable', 'NaN'],
    ]);
    expect(lines[0]).toEqual([expect.stringContaining(`${file}: valid (payments, `)]);
  });

  it('hands over the text, the route and the versions', async () => {
    const asked: unknown[] = [];
    mood().policyCheck = (route, { text, stable, canary }) => {
      asked.push({ route, text, stable, canary });
      return found({})(route);
    };
    await shell.run(`validate --online ${file} --route shop --stable v3 --canary v4`);
    expect(asked).toEqual([{ route: 'shop', text: POLICY, stable: 'v3', canary: 'v4' }]);
  });

  it('shows a query that selects nothing with its place and a caret, and exits with 2', async () => {
    const reading = readPolicy(POLICY, file);
    if (!reading.ok) throw new Error('the policy is valid');
    const path = ['spec', 'checks', 'queries', 'cpu', 'query'];
    const issue = reading.document.issue({ path, message: 'cpu of the stable v1: it selects nothing', at: 'value' });
    mood().policyCheck = found({ issues: [issue] });
    const { code, out, err } = await shell.run(`validate --online ${file}`);
    expect([code, out]).toEqual([2, expect.stringContaining(`${file}: invalid (1 issue)`)]);
    expect(err).toBe(
      `${file}:10:16 cpu of the stable v1: it selects nothing\n        query: cpu{version="{{version}}"}\n${' '.repeat(15)}^\n`,
    );
    const [json] = JSON.parse((await shell.run(`validate --online ${file} -o json`)).out) as unknown[];
    expect(json).toMatchObject({
      ok: false,
      issues: [{ place: { file, line: 10, column: 16 } }],
      online: { route: 'payments', unreachable: [], answers: [{ what: 'cpu', value: 0.41 }] },
    });
  });

  it('says what the route makes of every policy', async () => {
    mood().policyCheck = found({
      answers: [],
      notes: ['payments is sticky by consumer, so versions are compared by key'],
    });
    const { code, out } = await shell.run(`validate --online ${file}`);
    expect(code).toBe(0);
    expect(out).toMatch(/: valid \(\S+, \S+\)\npayments is sticky by consumer, so versions are compared by key\n$/);
  });

  it('says that a source cannot be reached, and exits with 1', async () => {
    mood().policyCheck = found({ unreachable: ['the source prometheus cannot be reached: it answered 503'] });
    const { code, out, err } = await shell.run(`validate --online ${file}`);
    expect([code, err]).toEqual([1, 'the source prometheus cannot be reached: it answered 503\n']);
    expect(out).toContain(`${file}: valid as far as it could be tried (payments, `);
  });

  it('asks no server about a file that is invalid in itself', async () => {
    const broken = join(folder, 'broken.yaml');
    await writeFile(broken, POLICY.replace('worse: higher', 'worse: slower'));
    mood().policyCheck = () => {
      throw new Error('asked');
    };
    const { code, err } = await shell.run(`validate --online ${broken}`);
    expect([code, err]).toEqual([2, expect.stringMatching(/broken\.yaml:11:16 /)]);
  });

  it.each([
    ['a viewer', `validate --online FILE --token ${TOKENS.viewer}`, 1, /needs the role operator/],
    ['an unknown route', 'validate --online FILE --route nowhere', 1, /no route nowhere/],
    ['a server that is not there', 'validate --online FILE --server http://127.0.0.1:1', 1, /cannot reach Serin/],
    ['a route without --online', 'validate FILE --route shop', 2, /add --online/],
  ])('%s', async (_, args, code, says) => {
    const run = await shell.run(args.replace('FILE', file));
    expect([run.code, run.err]).toEqual([code, expect.stringMatching(says)]);
  });
});
