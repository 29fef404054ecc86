import { describe, expect, it } from 'vitest';
import {
  type ImportTable,
  importCycles,
  importViolations,
  impurities,
  packagesUsed,
  roomCycles,
  upwardImports,
} from './imports.ts';
import { parseSourceFile } from './source-file.ts';

const table: ImportTable = {
  leaves: ['problem'],
  exceptions: { 'src/pure/digest.ts': ['node:crypto'] },
  rooms: {
    problem: {},
    pure: { packages: ['zod'], only: { 'simple-statistics': ['mean'] } },
    adapter: { rooms: ['pure'], packages: ['node:*', '@vendor/*'] },
    edge: { typesOf: ['adapter'], files: ['adapter/port.ts'] },
    'main.ts': { rooms: 'all', packages: 'all' },
  },
};

function tree(texts: Record<string, string>) {
  return Object.entries(texts).map(([path, text]) => parseSourceFile(path, text));
}

function violations(path: string, text: string) {
  return importViolations(tree({ [path]: text }), table);
}

describe('the import table', () => {
  it.each([
    ['src/pure/a.ts', "import { b } from './b.ts'; import { z } from 'zod';"],
    ['src/pure/a.ts', "import { Problem } from '../problem/problem.ts';"],
    ['src/pure/a.ts', "import { mean as average } from 'simple-statistics';"],
    ['src/pure/digest.ts', "import { createHash } from 'node:crypto';"],
    ['src/pure/a.ts', "// import x from 'undici';\nexport const text = \"import y from 'undici'\";"],
    [
      'src/adapter/a.ts',
      "import { b } from '../pure/b.ts'; import 'node:fs/promises'; import v from '@vendor/db/pool';",
    ],
    ['src/edge/a.ts', "import type { A } from '../adapter/a.ts'; import { type B } from '../adapter/b.ts';"],
    ['src/edge/a.ts', "import { port } from '../adapter/port.ts';"],
    ['src/main.ts', "export * from './edge/a.ts'; await import('anything');"],
  ])('allows %s: %s', (path, text) => {
    expect(violations(path, text)).toEqual([]);
  });

  it.each([
    ['another room', 'src/pure/a.ts', "import { a } from '../adapter/a.ts';"],
    ['the type of another room', 'src/pure/a.ts', "import type { A } from '../adapter/a.ts';"],
    ['a type written inline', 'src/pure/a.ts', "export type A = import('../adapter/a.ts').A;"],
    ['a re-export', 'src/pure/a.ts', "export { a } from '../adapter/a.ts';"],
    ['a re-export of everything', 'src/pure/a.ts', "export * from '../adapter/a.ts';"],
    ['an import for its effect', 'src/pure/a.ts', "import '../adapter/a.ts';"],
    ['a dynamic import', 'src/pure/a.ts', "const a = await import('../adapter/a.ts');"],
    ['a dynamic import of a computed path', 'src/adapter/a.ts', 'export const load = (path: string) => import(path);'],
    ['a value where only types may be had', 'src/edge/a.ts', "import { type A, b } from '../adapter/a.ts';"],
    ['a package of somebody else', 'src/edge/a.ts', "import { z } from 'zod';"],
    ['a built-in module', 'src/pure/a.ts', "import { createHash } from 'node:crypto';"],
    ['a built-in module by its short name', 'src/adapter/a.ts', "import { readFile } from 'fs';"],
    ['a forbidden export of a package', 'src/pure/a.ts', "import { probit } from 'simple-statistics';"],
    ['the whole of such a package', 'src/pure/a.ts', "import * as statistics from 'simple-statistics';"],
    ['a path out of src', 'src/main.ts', "import { a } from '../test/a.ts';"],
    ['a room that is not in the table', 'src/attic/a.ts', ''],
  ])('refuses %s', (_what, path, text) => {
    expect(violations(path, text)).toHaveLength(1);
  });
});

describe('import cycles', () => {
  it('are found across rooms and through types', () => {
    const files = tree({
      'src/pure/a.ts': "import { b } from './b.ts';",
      'src/pure/b.ts': "import type { C } from '../edge/c.ts';",
      'src/edge/c.ts': "export * from '../pure/a.ts';",
      'src/edge/d.ts': "import { a } from '../pure/a.ts';",
    });
    expect(importCycles(files)).toEqual(['src/pure/a.ts -> src/pure/b.ts -> src/edge/c.ts -> src/pure/a.ts']);
  });

  it('are not seen in a diamond', () => {
    const files = tree({
      'src/pure/a.ts': "import './b.ts'; import './c.ts';",
      'src/pure/b.ts': "import './d.ts';",
      'src/pure/c.ts': "import './d.ts';",
      'src/pure/d.ts': '',
    });
    expect(importCycles(files)).toEqual([]);
  });

  it('of rooms are those of values, through whichever files', () => {
    const there = { 'src/pure/a.ts': "import { b } from '../edge/b.ts';", 'src/main.ts': "import './edge/b.ts';" };
    const back = { 'src/edge/other.ts': "import { c } from '../pure/c.ts';", 'src/pure/c.ts': '' };
    expect(importCycles(tree({ ...there, ...back }))).toEqual([]);
    expect(roomCycles(tree({ ...there, ...back }))).toEqual(['pure -> edge -> pure']);
    expect(roomCycles(tree({ ...there, 'src/edge/other.ts': "import type { C } from '../pure/c.ts';" }))).toEqual([]);
  });
});

describe('purity', () => {
  it.each([
    ['Date.now', 'export const at = Date.now();'],
    ['new Date()', 'export const at = new Date();'],
    ['Date()', 'export const at = Date();'],
    ['Math.random', 'export const chance = Math.random;'],
    ['process', 'export const { env } = process;'],
    ['performance', 'export const at = performance.now();'],
    ['setTimeout', 'setTimeout(() => {}, 1);'],
    ['crypto', 'export const id = crypto.randomUUID();'],
    ['process', 'export const f = ({ env } = process) => { const process = 1; return [env, process]; };'],
  ])('forbids %s', (use, text) => {
    expect(impurities(tree({ 'src/pure/a.ts': text }), ['pure'])).toEqual([
      `src/pure/a.ts is in a pure room and uses ${use}`,
    ]);
  });

  it.each([
    'export const text = (at: number) => new Date(at).toISOString();',
    'export const times = { process: 1, performance: { now: 2 } }.process;',
    '/** Date.now() is the caller’s. */ export const text = "setTimeout";',
    'export interface Clock { process(): void }',
    'export const mean = (process: number[], { crypto = 1, ...fetch }) => [process.length, crypto, fetch];',
    'export const mean = (): number => { const [process] = [1]; return process; };',
  ])('has nothing against %s', (text) => {
    expect(impurities(tree({ 'src/pure/a.ts': text }), ['pure'])).toEqual([]);
  });

  it('is asked of pure rooms only', () => {
    expect(impurities(tree({ 'src/adapter/a.ts': 'Date.now();' }), ['pure'])).toEqual([]);
  });
});

describe('a source file', () => {
  it('tells the packages that it uses for their values', () => {
    const text =
      "import { sql } from 'drizzle-orm/sql'; import type { Hono } from 'hono'; import { v7 } from '@scope/uuid';";
    expect(packagesUsed(tree({ 'src/adapter/a.ts': text }))).toEqual(new Set(['drizzle-orm', '@scope/uuid']));
  });

  it('tells the packages that it takes in their CommonJS build', () => {
    const text = "const require = createRequire(import.meta.url); export const { sql } = require('drizzle-orm/sql');";
    expect(packagesUsed(tree({ 'src/adapter/a.ts': text }))).toEqual(new Set(['drizzle-orm']));
  });

  it('counts its lines and tells a default export', () => {
    const [named, standard] = tree({ 'src/a.ts': 'export const a = 1;\n\n', 'src/b.ts': 'export default 1' });
    expect([named?.lines, named?.exports]).toEqual([2, 'named']);
    expect([standard?.lines, standard?.exports]).toEqual([1, 'default']);
  });
});

describe('the floors of a room', () => {
  const floors = ['bytes', 'port.ts', 'serve', 'serve/plain', 'wiring.ts'];
  const upward = (path: string, text: string) => upwardImports(tree({ [path]: text }), 'plane', floors);

  it.each([
    [
      'src/plane/serve/a.ts',
      "import { b } from '../bytes/b.ts'; import { c } from './c.ts'; import { d } from '../../pure/d.ts';",
    ],
    ['src/plane/serve/plain/a.ts', "import { b } from '../b.ts';"],
    ['src/plane/wiring.ts', "import { b } from './serve/plain/b.ts';"],
    ['src/pure/a.ts', "import { b } from './b.ts';"],
  ])('allow %s: %s', (path, text) => {
    expect(upward(path, text)).toEqual([]);
  });

  it.each([
    ['a district further up', 'src/plane/bytes/a.ts', "import { b } from '../serve/b.ts';"],
    ['the type of a file further up', 'src/plane/bytes/a.ts', "import type { P } from '../port.ts';"],
    ['a drawer of its own', 'src/plane/serve/a.ts', "import { b } from './plain/b.ts';"],
    ['a file that is on no floor', 'src/plane/attic/a.ts', ''],
  ])('refuse %s', (_what, path, text) => {
    expect(upward(path, text)).toHaveLength(1);
  });
});
