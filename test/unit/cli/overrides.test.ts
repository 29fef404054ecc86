import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openShell, type Shell } from './harness.ts';

let shell: Shell;

beforeEach(async () => {
  shell = await openShell();
});

afterEach(() => shell.stop());

const auditOf = async () => (await shell.control.reader.audit({ limit: 1 }))[0];

describe('start', () => {
  it('starts a rollout and prints its id first', async () => {
    const { code, out, err } = await shell.run(
      'start payments --canary http://127.0.0.1:9002/ --version-name v9 --reason release+nine',
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^019ac000-\S+\npayments: v9 in preflight at 0%/);
    expect(await auditOf()).toMatchObject({ reason: 'release nine', actor: { role: 'admin' } });
  });

  it('says in one sentence what is in the way', async () => {
    await shell.inStep1();
    const { code, err } = await shell.run('start payments --canary http://127.0.0.1:9003/ --reason again');
    expect(code).toBe(1);
    expect(err).toBe('serin: route payments has a rollout already\n');
    expect((await shell.run('start payments --canary http://127.0.0.1:9003/ --reason again --replace')).code).toBe(0);
  });

  it.each(['', ' --replace --yes --force'])('says that the same runs already, and changes nothing%s', async (flags) => {
    const id = await shell.inStep1();
    const again = `start payments --canary http://127.0.0.1:9002/ --reason again${flags}`;
    const before = await auditOf();
    const { code, out, err } = await shell.run(again);
    expect({ code, id: out.split('\n')[0] }).toEqual({ code: 0, id });
    expect(err).toBe(
      'serin: v2 rolls out on payments already, from http://127.0.0.1:9002/ under two-steps: nothing was changed. ' +
        'To judge it anew, serin abort payments and serin retry payments\n',
    );
    expect(JSON.parse((await shell.run(`${again} -o json`)).out)).toMatchObject({ id, created: false });
    expect(await auditOf()).toEqual(before);
  });

  it('shows every fault with the flag that was meant and exits with 2', async () => {
    const { code, err } = await shell.run('start nowhere --canary ftp://x --reason x --version-name ');
    expect(code).toBe(2);
    expect(err).toContain('--canary: must be an http or https URL');
    expect(err).toContain('--version-name: must');
    const nowhere = await shell.run('start nowhere --canary http://127.0.0.1:9002/ --reason x');
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('route: names no route') });
  });

  it.each([
    'start payments',
    'start --canary http://x',
    'start payments --canary http://x --colour red',
    'strat payments',
  ])('takes %j for a usage error', async (args) => {
    const { code, out, err } = await shell.run(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^serin: /);
  });
});

describe('overrides', () => {
  it('that are of one kind are told apart in the audit', async () => {
    await shell.inStep1();
    await shell.run('skip payments p99 --reason x');
    await shell.run('advance payments --reason x');
    await shell.run('promote payments --repair --reason x');
    const { out } = await shell.run('audit payments --limit 3');
    expect(out).toMatch(/promoted as a repair .*\n.*advanced to step-2 .*\n.*checkSkipped p99 /);
  });

  it.each([
    ['pause payments', 'paused', 'step-1 at 10%, paused'],
    ['advance payments', 'advanced', 'step-2 at 50%'],
    ['advance payments --to step-2', 'advanced', 'step-2 at 50%'],
    ['promote payments', 'promoted', 'bake at 100%'],
    ['promote payments --full', 'promoted', 'promoted at 100%'],
    ['promote payments --repair', 'promoted', 'promoted at 100%'],
    ['rollback payments', 'rolledBack', 'rolled-back at 0%'],
    ['abort payments', 'aborted', 'aborted at 0%'],
    ['weight payments 25%', 'weightSet', 'step-1 at 25%'],
    ['extend payments 30m', 'extended', 'step-1 at 10%'],
    ['skip payments p99', 'checkSkipped', 'step-1 at 10%'],
    ['rebase payments', 'rebased', 'step-1 at 10%'],
  ])('%s', async (args, kind, said) => {
    await shell.inStep1();
    const { code, out, err } = await shell.run(`${args} --reason because+of+it`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`payments: v2 in ${said}`);
    expect(await auditOf()).toMatchObject({ event: { kind }, reason: 'because of it' });
  });

  it('resumes, opens gates, finalises and tries again', async () => {
    const id = await shell.inStep1();
    await shell.run(`pause ${id} --reason x`);
    expect((await shell.run(`resume ${id} --reason x`)).out).not.toContain('paused');
    await shell.run(`promote ${id} --full --reason x`);
    expect((await shell.run(`finalise ${id} --reason x`)).out).toContain('finalised');
    expect((await shell.run('retry payments --reason x')).out).toContain('preflight');
    const second = (await shell.control.reader.list({ limit: 1 }))[0]?.rollout.id ?? '';
    shell.control.happen(second, { kind: 'preflightPassed' });
    expect((await shell.run('gate pass payments integration-tests --reason x -o json')).out).toContain('"open": true');
  });

  it('acts on the rollout that runs, else on the latest, of a route', async () => {
    const first = await shell.inStep1();
    await shell.run('abort payments --reason x');
    expect((await shell.run('pause payments --reason x')).code).toBe(1);
    const second = JSON.parse((await shell.run('retry payments --reason x -o json')).out) as { id: string };
    expect(second.id).not.toBe(first);
    expect(JSON.parse((await shell.run('pause payments --reason x -o json')).out)).toMatchObject({ id: second.id });
  });

  it.each([
    ['advance payments', '50%'],
    ['weight payments 25%', '25%'],
  ])('says of %s that what was paused stays so, and what the canary has now', async (args, now) => {
    await shell.inStep1();
    await shell.run('pause payments --reason lunch');
    expect(await shell.run(`${args} --reason because`)).toMatchObject({
      code: 0,
      out: expect.stringMatching(new RegExp(`at ${now}, paused: `)),
      err: `serin: payments stays paused, with ${now} on v2 now: nothing advances by itself until \`serin resume payments\`\n`,
    });
  });

  it('names the stage it means, so that a stage that has passed is not skipped', async () => {
    await shell.inStep1();
    const { code, err } = await shell.run('advance payments --to bake --reason hurry');
    expect(code).toBe(1);
    expect(err).toBe('serin: the next stage is step-2, not bake\n');
  });

  it('says that there is no stage after the last, and no rollout where there is none', async () => {
    await shell.inStep1();
    await shell.run('abort payments --reason x');
    expect((await shell.run('advance payments --reason x')).err).toBe(
      'serin: payments is aborted: there is no next stage\n',
    );
    expect((await shell.run('pause orders --reason x')).err).toBe('serin: route orders has no rollout yet\n');
  });
});

describe('--dry-run', () => {
  it.each([
    ['pause payments', 'payments stays in step-1 at 10%'],
    ['rollback payments', 'v2 of payments is rolled back from step-1'],
    ['abort payments', 'The rollout of v2 on payments is aborted'],
    ['advance payments', 'v2 goes from step-1 to step-2'],
    ['promote payments --full', 'v2 is promoted from step-1 to 100%, without the bake.'],
    ['weight payments 25%', 'The weight of step-1 is 25% instead of 10%.'],
    ['extend payments 30m', 'The dwell of step-1 is 31m instead of 1m.'],
    ['skip payments p99', 'p99 counts no more'],
    ['rebase payments', 'payments goes on in step-1 under two-steps as its file is now.'],
  ])('%s says what it would do, asks nothing, and changes nothing', async (args, says) => {
    const id = await shell.inStep1();
    const [before, record] = [await auditOf(), await shell.control.reader.find(id)];
    const { code, out, err } = await shell.run(`${args} --dry-run`, { answers: [] });
    expect({ code, err }).toEqual({ code: 0, err: 'serin: nothing was done, for this was a dry run\n' });
    expect(out.startsWith(says)).toBe(true);
    expect([await auditOf(), await shell.control.reader.find(id)]).toEqual([before, record]);
  });

  it('takes a gate by its name', async () => {
    await shell.run('start payments --canary http://127.0.0.1:9002/ --reason release');
    const { id } = (await shell.control.reader.list({ limit: 1 }))[0]?.rollout ?? { id: '' };
    shell.control.happen(id, { kind: 'preflightPassed' });
    const { out } = await shell.run('gate pass payments integration-tests --dry-run');
    expect(out).toMatch(/^Gate integration-tests of internal is open then\.\n/);
  });

  it('exits with 1 and the reason where the command would be refused, as the command does', async () => {
    await shell.inStep1();
    const dry = await shell.run('resume payments --dry-run');
    expect(dry).toMatchObject({
      code: 1,
      out: '',
      err: 'serin: it would be refused: it is not paused\nserin: nothing was done, for this was a dry run\n',
    });
    expect(await shell.run('resume payments --reason x')).toMatchObject({ code: 1, err: 'serin: it is not paused\n' });
    expect((await shell.run('retry payments --dry-run')).err).toContain('it still runs');
  });

  it('prints the whole preview for programs, also of a refusal', async () => {
    await shell.inStep1();
    const taken = await shell.run('rollback payments --dry-run --reason it+leaks -o json');
    expect(JSON.parse(taken.out)).toMatchObject({
      refused: null,
      after: { stage: 'rolled-back' },
      messages: [{ channel: 'console', summary: expect.stringContaining('it leaks') }],
    });
    const refused = await shell.run('resume payments --dry-run -o json');
    expect([refused.code, refused.err, JSON.parse(refused.out)]).toEqual([
      1,
      '',
      expect.objectContaining({ refused: 'it is not paused', after: null }),
    ]);
  });

  it('names a fault as it was typed, with exit code 2', async () => {
    await shell.inStep1();
    expect(await shell.run('weight payments lots --dry-run')).toMatchObject({ code: 2, out: '' });
  });
});

describe('reasons and questions', () => {
  it('needs a reason where nobody can be asked', async () => {
    await shell.inStep1();
    expect(await shell.run('pause payments')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('--reason'),
    });
  });

  it.each(['\u3164', '\u2800\u200b', 'fine\u2028over'])('says what is wrong with the reason %j', async (reason) => {
    await shell.inStep1();
    const { code, out, err } = await shell.run(`pause payments --reason ${reason}`);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/reason.*must/);
    expect((await shell.control.reader.list({ limit: 1 }))[0]?.rollout.paused).toBeNull();
  });

  it('asks for the reason and for a yes on a terminal', async () => {
    await shell.inStep1();
    const { code, out, err } = await shell.run('rollback payments', { answers: ['it leaks', 'y'] });
    expect(code).toBe(0);
    expect(err).toContain('Why rollback payments? ');
    expect(err).toContain('Roll back v2 of payments, now at 10%? [y/N] ');
    expect(out).toContain('rolled-back');
    expect(await auditOf()).toMatchObject({ reason: 'it leaks' });
  });

  it.each([[['n']], [['']], [[]]])('does nothing on the answers %j', async (answers) => {
    await shell.inStep1();
    const { code, out } = await shell.run('promote payments --reason x', { answers });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect((await shell.control.reader.list({ limit: 1 }))[0]?.rollout.stage.kind).toBe('step');
  });

  it('does not ask with --yes', async () => {
    await shell.inStep1();
    const { code, err } = await shell.run('rollback payments --reason x --yes', { answers: [] });
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});
