import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { Problem } from '../../../src/problem/problem.ts';
import { differenceOf, differingFinding } from '../../support/differences.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { openShell, type Shell } from './harness.ts';

let shell: Shell;

beforeEach(async () => {
  shell = await openShell();
});

afterEach(() => shell.stop());

describe('list', () => {
  it('prints a table, wider on demand', async () => {
    const id = await shell.inStep1();
    const { out } = await shell.run('list');
    expect(out.split('\n')[0]).toMatch(/^ROUTE +STAGE +WEIGHT +CANARY +VERDICT +LOOKED +FOR$/);
    expect(out.split('\n')[1]).toMatch(/^payments +step-1 +10% +v2 +- +3 s ago/);
    expect(out).not.toContain(id);
    expect((await shell.run('list -o wide')).out).toContain(id);
  });

  it('prints JSON and YAML of the same', async () => {
    const id = await shell.inStep1();
    expect(JSON.parse((await shell.run('list -o json')).out)).toMatchObject([{ id }]);
    expect(parse((await shell.run('list -o yaml')).out)).toMatchObject([{ id }]);
  });

  it('keeps stdout free of words when there is nothing', async () => {
    expect(await shell.run('list --active')).toEqual({ code: 0, out: '', err: 'serin: no rollouts\n' });
    expect((await shell.run('list -o json')).out).toBe('[]\n');
  });

  it('refuses a format and a limit that there is not', async () => {
    expect((await shell.run('list -o xml')).code).toBe(2);
    expect(await shell.run('list --limit many')).toMatchObject({ code: 2, err: expect.stringContaining('limit') });
  });

  it('lets no name drive the terminal', async () => {
    await shell.control.rollouts.start(
      { route: 'r', canaryUrl: 'http://x/', version: '\u001b[2Jv2\u202e', reason: 'x', replace: false, force: false },
      { name: 'x', role: 'admin' },
    );
    for (const args of ['list', 'get r', 'status r']) {
      const { out } = await shell.run(args);
      expect(out).toContain('[2Jv2');
      expect(stripVTControlCharacters(out)).toBe(out);
      expect(out).not.toContain('\u202e');
    }
  });
});

describe('get', () => {
  it('shows a panel without colour where the output is no terminal', async () => {
    const id = await shell.inStep1();
    shell.control.see(id, { verdict: verdictOf() });
    const { out } = await shell.run('get payments');
    expect(out).toContain('payments  v1 -> v2');
    expect(out).toContain('◉ 10%');
    expect(stripVTControlCharacters(out)).toBe(out);
  });

  it('follows a rollout in JSON lines, one for every change', async () => {
    const id = await shell.inStep1();
    const { code, out } = await shell.run('get payments -w -o json', {
      meanwhile: (second) => {
        if (second === 3) shell.control.happen(id, { kind: 'paused' });
        if (second === 5) shell.control.happen(id, { kind: 'rolledBack' });
      },
    });
    expect(code).toBe(0);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { stage: string; version: number });
    expect(lines.map(({ stage, version }) => [stage, version])).toEqual([
      ['step-1', 3],
      ['step-1', 4],
      ['rolled-back', 5],
    ]);
  });

  it('follows in YAML documents and in plain lines', async () => {
    const id = await shell.inStep1();
    const yaml = await shell.run('get payments -w -o yaml', {
      meanwhile: () => void shell.control.happen(id, { kind: 'aborted' }),
    });
    expect(parseAllDocuments(yaml.out)).toHaveLength(2);
    const lines = await shell.run('get payments -w');
    expect(lines.out).toBe('payments: v2 in aborted at 0%: serin: “”\n');
  });

  it('redraws a panel on a terminal, with the last of the audit', async () => {
    const id = await shell.inStep1();
    const { out } = await shell.run('get payments -w', {
      answers: [],
      env: { FORCE_COLOR: '1' },
      meanwhile: () => void shell.control.happen(id, { kind: 'aborted' }),
    });
    expect(stripVTControlCharacters(out)).toContain('rolloutStarted: “release” (the admin)');
    expect(stripVTControlCharacters(out)).toContain('✗ aborted');
    expect(out).toContain('\u001b[');
  });

  it('goes on watching over an absence of the server', async () => {
    const id = await shell.inStep1();
    const { code, out, err } = await shell.run('get payments -w', {
      meanwhile: (second) => {
        shell.control.mood.failing = second < 3 ? new Problem('unavailable', 'the database cannot answer') : null;
        if (second === 3) shell.control.happen(id, { kind: 'aborted' });
      },
    });
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(2);
    expect(err).toBe('serin: the database cannot answer; still trying\nserin: the server answers again\n');
  });
});

describe('explain', () => {
  it('says what the verdict rests on, as text and as JSON', async () => {
    const id = await shell.inStep1();
    shell.control.see(id, { verdict: verdictOf({ findings: [differingFinding([differenceOf()])] }) });
    expect((await shell.run('explain payments')).out).toMatch(/^payments: v1 -> v2, step-1 at 10%\n.*\/amount: gone/s);
    expect(JSON.parse((await shell.run('explain payments -o json')).out)).toMatchObject({
      findings: [{ differences: [{ path: '/amount', stable: { share: 1 } }] }],
      declared: null,
    });
  });
});

describe('status', () => {
  const codeAfter = async (args: string, happen: (id: string) => void) => {
    const id = await shell.inStep1();
    happen(id);
    return (await shell.run(args)).code;
  };

  it.each([
    ['goes on', 0, () => undefined],
    ['is promoted', 0, (id: string) => void shell.control.happen(id, { kind: 'promoted', full: true })],
    ['was rolled back', 3, (id: string) => void shell.control.happen(id, { kind: 'rolledBack' })],
    ['was aborted', 3, (id: string) => void shell.control.happen(id, { kind: 'aborted' })],
    ['was superseded', 3, (id: string) => void shell.control.happen(id, { kind: 'superseded', by: 'x' })],
    ['is paused', 5, (id: string) => void shell.control.happen(id, { kind: 'paused' })],
    ['needs a look', 5, (id: string) => void shell.control.happen(id, { kind: 'undecidedTooLong', reason: 'x' })],
  ])('of a rollout that %s exits with %i', async (_, code, happen) => {
    expect(await codeAfter('status payments', happen)).toBe(code);
  });

  it('waits until the rollout has ended', async () => {
    const id = await shell.inStep1();
    const { code, out } = await shell.run('status payments --wait', {
      meanwhile: (second) => {
        if (second === 4) shell.control.happen(id, { kind: 'rolledBack' });
      },
    });
    expect(code).toBe(3);
    expect(out).toMatch(/^payments: v2 in rolled-back at 0%/);
  });

  it('stops waiting when only a person can go on', async () => {
    const id = await shell.inStep1();
    const meanwhile = () => void shell.control.happen(id, { kind: 'paused' });
    expect(await shell.run('status payments --wait', { meanwhile })).toMatchObject({
      code: 5,
      out: expect.stringContaining('(waits for resume)'),
    });
  });

  it('does not wait for a canary that a check holds in the internal phase: a person has to act', async () => {
    const { out: started } = await shell.run('start payments --canary http://127.0.0.1:9002/ --reason x -o json');
    const { id } = JSON.parse(started) as { id: string };
    shell.control.happen(id, { kind: 'preflightPassed' });
    const reservations = [{ kind: 'holds', check: 'answers', reason: '/total is gone' }] as const;
    shell.control.see(id, { verdict: verdictOf({ reservations }) });
    for (const args of ['status payments', 'status payments --wait --timeout 5s']) {
      expect(await shell.run(args)).toMatchObject({ code: 5, out: expect.stringContaining('(waits for advance)') });
    }
  });

  it('gives up after the timeout with 4', async () => {
    await shell.inStep1();
    const meanwhile = () => new Promise<void>((resolve) => setTimeout(resolve, 30));
    const { code, err } = await shell.run('status payments --timeout 50ms', { meanwhile });
    expect(code).toBe(4);
    expect(err).toBe('serin: still in step-1 after 50ms\n');
  });

  it('takes no timeout that is no duration', async () => {
    expect((await shell.run('status payments --timeout soon')).code).toBe(2);
  });
});
