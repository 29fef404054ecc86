import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sources } from '../../../scripts/reference/sources.ts';
import { REASONS } from '../../../scripts/reference/verdicts.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { openShell, type Shell } from '../cli/harness.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = readFileSync(`${root}docs/debug-a-verdict.md`, 'utf8');

// What the commands in the blocks print is compared where all generated parts are.
describe('docs/debug-a-verdict.md', () => {
  let shell: Shell;

  beforeAll(async () => {
    shell = await openShell();
    shell.control.see(await shell.inStep1(), { verdict: verdictOf() });
  });
  afterAll(() => shell.stop());

  it('goes from a step that is undecided to a rollback', () => {
    const shown = ['undecided since', 'suspect since', 'harmful since', 'v2 in rolled-back at 0%'];
    for (const words of shown) expect(page).toContain(words);
  });

  it('names sentences that the judge says', () => {
    const judge = [...sources()].filter(([path]) => /^src\/(judge|parity)\//.test(path)).map(([, text]) => text);
    const told = REASONS.map(([says]) => says);
    expect(told).toEqual(
      expect.arrayContaining(['Serin compares nothing with such a stable', 'spec.dryRun is set, so']),
    );
    const unsaid = REASONS.filter(([says]) => !judge.some((text) => text.includes(says)));
    expect(unsaid.map(([says]) => says)).toEqual([]);
  });

  it.each([
    ['get payments -o json', 0],
    ['plan policies/fast.yaml --rps 100', 0],
    ['skip payments clientErrors', 0],
    ['retry payments', 1],
  ])('names the command serin %s, which there is', async (command, code) => {
    expect(page).toContain(command.replace(/ payments$/, ''));
    const words = command.replace('policies/', `${root}policies/`);
    const run = await shell.run(
      command.startsWith('plan') || command.startsWith('get') ? words : `${words} --reason why`,
    );
    expect(run).toMatchObject({ code });
  });

  it('names fields that a verdict has', async () => {
    const { out } = await shell.run('get payments -o json');
    const { verdict } = JSON.parse(out);
    const named = [
      'logHarm',
      'logParity',
      'rollbackMargin',
      'parityMargin',
      'needsCanaryRequests',
      'bounds',
      'dispersion',
    ];
    expect(Object.keys(verdict.findings[0])).toEqual(expect.arrayContaining(named));
    for (const field of named) expect(page).toContain(`\`${field}\``);
  });
});
