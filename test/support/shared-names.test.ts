import { describe, expect, it } from 'vitest';
import { sharedNames } from './shared-names.ts';
import { parseSourceFile } from './source-file.ts';

function shared(texts: Record<string, string>) {
  return sharedNames(Object.entries(texts).map(([path, text]) => parseSourceFile(path, text)));
}

describe('the shared names', () => {
  it.each([
    ['an interface and a type', 'export interface Name { readonly a: string }', 'export type Name = string;'],
    ['a class and a function', 'export class Name {}', 'export function Name() {}'],
    ['a constant and a list at the end', 'export const Name = 1;', 'const Name = 2; export { Name };'],
    ['a name that an export gives', 'export abstract class Name {}', 'const other = 2; export { other as Name };'],
    ['one of a pattern', 'export const { a: [Name] } = { a: [1] };', 'export const one = 1, Name = 2;'],
  ])('are found: %s', (_what, one, other) => {
    expect(shared({ 'src/b.ts': other, 'src/a.ts': one })).toEqual(['Name: src/a.ts, src/b.ts']);
  });

  it.each([
    ['what is passed on', 'export { Name } from "./a.ts";'],
    ['what is not exported', 'interface Name { readonly a: string }'],
    ['what is imported', 'import { Name } from "./a.ts"; export const other = Name;'],
    ['another name', 'export const name = 1;'],
    ['the same name once more in one file', 'export const b = 1; export const c = 1;'],
  ])('are not: %s', (_what, other) => {
    expect(
      shared({ 'src/a.ts': 'export function Name(a: string): string; export function Name() {}', 'src/b.ts': other }),
    ).toEqual([]);
  });
});
