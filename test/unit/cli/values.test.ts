import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../../src/problem/problem.ts';
import { MOST_POSTED } from '../../../src/stats/answers/posted-value.ts';
import { TOKENS } from '../../support/fake-control.ts';
import { openShell, type Shell } from './harness.ts';

let shell: Shell;
let folder: string;

beforeEach(async () => {
  shell = await openShell();
  folder = await mkdtemp(join(tmpdir(), 'serin-cli-'));
});

afterEach(async () => {
  await shell.stop();
  await rm(folder, { recursive: true });
});

const line = (requestId: string, value: unknown = 0.9) => `${JSON.stringify({ requestId, name: 'score', value })}\n`;

async function fileWith(text: string): Promise<string> {
  const file = join(folder, 'scores.jsonl');
  await writeFile(file, text);
  return file;
}

describe('values post', () => {
  it('reads lines from a file or from standard input, and says what became of them', async () => {
    const lines = `${line('a')}\r\n${line('b')}\n${line('a')}${line('c', null)}`;
    const says = 'payments: 2 of 4 values counted; 1 twice, 1 unusable\n';
    expect(await shell.run(`values post payments --file ${await fileWith(lines)}`)).toEqual({
      code: 0,
      out: says,
      err: '',
    });
    expect(await shell.run('values post payments', { stdin: lines })).toEqual({ code: 0, out: says, err: '' });
    const { out } = await shell.run('values post payments -o json', { stdin: lines });
    expect(JSON.parse(out)).toMatchObject({
      counts: { counted: 2, twice: 1, unusable: 1, late: 0 },
      values: [
        { outcome: 'counted' },
        { outcome: 'counted' },
        { outcome: 'twice' },
        { requestId: 'c', outcome: 'unusable' },
      ],
    });
  });

  it('posts as many requests as it takes, and says how far it came when one fails', async () => {
    const lines = Array.from({ length: MOST_POSTED + 1 }, (_, at) => line(`r-${at}`)).join('');
    expect((await shell.run('values post payments', { stdin: lines })).out).toBe(
      `payments: ${MOST_POSTED + 1} of ${MOST_POSTED + 1} values counted\n`,
    );
    const { post } = shell.control.values;
    let posted = 0;
    Object.assign(shell.control.values, {
      post: (...args: Parameters<typeof post>) => {
        posted += 1;
        if (posted > 1) throw new Problem('unavailable', 'the gateway is away');
        return post(...args);
      },
    });
    const { code, err } = await shell.run('values post payments', { stdin: lines });
    expect([code, err]).toEqual([
      1,
      `serin: the first ${MOST_POSTED} values were posted; posted again, they count no second time\nserin: the gateway is away\n`,
    ]);
  });

  it.each([
    ['', 'has no values'],
    ['\n\n', 'has no values'],
    [`${line('a')}[1]\n`, 'line 2: is no JSON object'],
    [`${line('a')}\n{"requestId":"b","name":"score","value":NaN}`, 'line 3: is no JSON object'],
    ['null', 'line 1: is no JSON object'],
    ['{"requestId":1,"name":"score","value":1}', 'line 1: must have requestId and name, which are texts, and value'],
    ['{"requestId":"a","name":"score"}', 'line 1: must have requestId and name, which are texts, and value'],
  ])('refuses %j before it posts anything', async (text, says) => {
    shell.control.mood.failing = new Error('something was posted');
    const { code, err } = await shell.run('values post payments', { stdin: text });
    expect([code, err]).toEqual([2, expect.stringContaining(says)]);
  });

  it('refuses a file that is not there, a terminal without one, another route and a viewer', async () => {
    const file = join(folder, 'none.jsonl');
    expect(await shell.run(`values post payments --file ${file}`)).toMatchObject({
      code: 2,
      err: `serin: ${file} does not exist\n`,
    });
    expect(await shell.run('values post payments', { answers: [] })).toMatchObject({
      code: 2,
      err: 'serin: give the values with --file, or on standard input\n',
    });
    expect(await shell.run('values post nowhere', { stdin: line('a') })).toMatchObject({ code: 1 });
    expect(
      await shell.run('values post payments', { stdin: line('a'), env: { SERIN_TOKEN: TOKENS.viewer } }),
    ).toMatchObject({
      code: 1,
      err: 'serin: this needs the role scorer; the viewer is viewer\n',
    });
  });
});
