import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NamesByFile } from './names-by-file.ts';
import { testNames } from './test-names.ts';

describe('the names of tests, read from the text of a file', () => {
  it.each([
    ['a test', "it('passes', () => {});", ['passes']],
    [
      'one in suites',
      "describe('a', { timeout: 1 }, () => { suite('b', function () { test('c'); }); });",
      ['a > b > c'],
    ],
    [
      'modifiers',
      "describe.skip('a', () => { it.only.fails('b', () => {}); it.skipIf(odd())('c', f); });",
      ['a > b', 'a > c'],
    ],
    ['a table', "it.each([['x', 1], ['y', -2.5]])('%s is %d', f);", ['x is 1', 'y is -2.5']],
    [
      'a table of single values',
      "describe.each(['x', 'y'] as const)('in %s', () => { it('a', f); });",
      ['in x > a', 'in y > a'],
    ],
    ['a table by name', "const ROWS = [['x', f]]; it.each([...ROWS, ['y', g]])('%s', f);", ['x', 'y']],
    ['values as JSON', "it.each([[{ a: [1, null] }], [' '.repeat(2)]])('%j', f);", ['{"a":[1,null]}', '"  "']],
    ['a table that the title says nothing of', "it.each(rows())('takes each', f);", ['takes each']],
    ['a percentage', "it('in 5 % of runs, or 100%s', f);", ['in 5 % of runs, or 100%s']],
    ['a template of constants', 'const N = 3; it(`${N} kills`, f);', ['3 kills']],
    [
      'a suite that wants a service',
      "serviceOrSkip('go', s)('a', (go) => { it('b', f); });",
      ['a > needs go', 'a > b'],
    ],
    ['one of two services', "serviceOrSkip(p ? 'go' : 'gcc', s)('a', () => {});", ['a > needs go', 'a > needs gcc']],
    ['a suite kept under a name', "const on = serviceOrSkip('go', s); on('a', () => {});", ['a > needs go']],
    ['tests in a loop', "for (const row of rows) it('passes', f);", ['passes']],
    [
      'what only looks like a test',
      "const pattern = /a/; if (pattern.test('b')) it('c', () => { describe.name; });",
      ['c'],
    ],
  ])('%s', (_what, text, full) => {
    expect(testNames(text)?.full).toEqual(full);
  });

  it.each([
    ['a title that is computed', 'it(name(), f);'],
    ['a title that a variable has', 'for (const row of rows) it(row, f);'],
    ['a template of something else', 'it(`${port} is free`, f);'],
    ['a table that is computed', "it.each(rows())('%s', f);"],
    ['a table that is changed later', "const rows = ['a']; rows.push('b'); it.each(rows)('%s', f);"],
    ['a table that somebody else may change', "const rows = ['a']; fill(rows); it.each(rows)('%s', f);"],
    ['a constant of which there are two', "{ const N = 'a'; } { const N = b(); it(N, f); }"],
    ['a parameter that is called like a constant', "const N = 'a'; const make = (N) => it(N, f);"],
    ['a value that is written in vitest’s own way', "it.each([[/a/]])('%s', f);"],
    ['an object under %s', "it.each([[{}]])('%s', f);"],
    ['%o', "it.each([['a']])('%o', f);"],
    ['%%, which takes a value too', "it.each([['a']])('5 %% of %s', f);"],
    ['the number of a row', "it.each([['a']])('%# %s', f);"],
    ['a field of a row', "it.each([{ name: 'a' }])('$name', f);"],
    ['fewer values than the title wants', "it.each([['a']])('%s and %s', f);"],
    ['a row that is spread', "it.each([[...names(), 'a']])('%s', f);"],
    ['an alias', "const spec = it; spec('a', f);"],
    ['a test that is handed on', "define(it, 'a');"],
    ['an extended test', "const on = it.extend({}); on('a', f);"],
    ['a tagged table', "it.each`a\\n${1}`('$a', f);"],
    ['a suite whose body is elsewhere', "describe('a', body);"],
    ['a service that is computed', "serviceOrSkip(name(), s)('a', () => {});"],
    ['text that is no TypeScript', "it('a', () => {"],
  ])('are not known of %s', (_what, text) => {
    expect(testNames(text)).toBeNull();
  });

  it('are known by their titles alone where a function defines them', () => {
    const text = "function both(make) { describe('a', () => { it('b', f); }); } describe('c', () => both(f));";
    expect(testNames(text)).toEqual({ titles: ['a', 'b', 'c'], full: null });
  });
});

describe('the files that may have a test of a name', () => {
  let folder: string;
  const FILES = {
    'plain.test.ts': "describe('a suite', () => { it('keeps time', f); });",
    'contract.ts': "import { it } from 'vitest'; export const contract = () => { it('keeps a promise', f); };",
    'between.ts': "export * from './contract.ts';",
    'contracted.test.ts': "import { contract } from './between.ts'; describe('an adapter', () => contract());",
    'computed.test.ts': 'it(name(), f);',
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'serin-names-'));
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['keeps time', ['plain.test.ts']],
    ['a suite', ['plain.test.ts']],
    ['a suite > keeps time', ['plain.test.ts']],
    ['^keeps time', []],
    ['time$', ['plain.test.ts']],
    ['keeps a promise', ['contracted.test.ts']],
    ['an adapter', ['contracted.test.ts']],
    ['an adapter > keeps a promise', ['contracted.test.ts']],
    ['keeps', ['plain.test.ts', 'contracted.test.ts']],
    ['no such test', []],
  ])('%s', (pattern, files) => {
    const all = Object.keys(FILES).filter((name) => name.endsWith('.test.ts'));
    const found = new NamesByFile().matching(
      new RegExp(pattern),
      all.map((name) => join(folder, name)),
    );
    // What is computed may be anything; what a function defines may stand in any suite.
    const inDoubt = /[\^$>]/.test(pattern) ? ['contracted.test.ts', 'computed.test.ts'] : ['computed.test.ts'];
    expect(new Set(found)).toEqual(new Set([...files, ...inDoubt].map((name) => join(folder, name))));
  });
});
