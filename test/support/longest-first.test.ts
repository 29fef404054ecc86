import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import { LONGEST, LongestFirst } from './longest-first.ts';

/** The order of some files of `/tree`; `shared` are those of a project whose files share a process. */
async function order(seed: number, files: readonly string[], shared: readonly string[] = []) {
  const context = { config: { root: '/tree', sequence: { seed } } } as unknown as Vitest;
  const specification = (path: string, isolate: boolean) =>
    ({ moduleId: `/tree/${path}`, project: { name: 'quick', config: { isolate } } }) as TestSpecification;
  const all = [...files.map((path) => specification(path, true)), ...shared.map((path) => specification(path, false))];
  return (await new LongestFirst(context).sort(all)).map(({ moduleId }) => moduleId.slice('/tree/'.length));
}

const MANY = Array.from({ length: 50 }, (_, at) => `test/unit/${at}.test.ts`);

describe('the order of the test files', () => {
  it.each(LONGEST)('names a file that there is: %s', (path) => {
    expect(existsSync(resolve(import.meta.dirname, '../..', path))).toBe(true);
  });

  it('begins with the longest, from the longest on', async () => {
    expect((await order(1, [...MANY, ...LONGEST.toReversed()])).slice(0, LONGEST.length)).toEqual(LONGEST);
  });

  it('is another one for another seed, and the same for the same', async () => {
    const first = await order(1, MANY);
    expect(await order(1, MANY.toReversed())).toEqual(first);
    expect(await order(2, MANY)).not.toEqual(first);
    expect(first.toSorted()).toEqual(MANY.toSorted());
  });

  it('begins a long file that two projects run a second time when a quarter of the others have begun', async () => {
    const [longest = ''] = LONGEST;
    const found = await order(1, [longest, ...MANY, longest]);
    expect([found.indexOf(longest), found.lastIndexOf(longest)]).toEqual([0, 12]);
    expect(found).toHaveLength(MANY.length + 2);
  });

  it('ends with those that share a process', async () => {
    expect((await order(1, MANY, ['test/unit/pure/a.test.ts'])).at(-1)).toBe('test/unit/pure/a.test.ts');
  });
});
