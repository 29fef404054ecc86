import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { TestCase } from 'vitest/node';
import { type TestNames, testNames } from './test-names.ts';

/** What a module reads from beside it. Nothing below `src` defines tests. */
const IMPORTED = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;
/** How a contract suite begins a test or a suite; `pattern.test(` begins none. */
const DEFINES = /(?<![.\w])(?:it|test|describe|suite)\s*(?:\.\w+|\()/;
/** Known to `testNames` by what it does. */
const UNDERSTOOD = /\/require-service\.ts$/;

/** A module's own names, and whether it defines tests at all. */
interface Module {
  readonly names: TestNames | null;
  readonly imports: readonly string[];
}

/** What the tests of files are called, as far as their text and that of the modules they import says. */
export class NamesByFile {
  private readonly modules = new Map<string, Module>();

  /**
   * Those that may define a test whose full name matches. A file is left out only when it is known what all its tests are called, so
   * that nothing is missed that vitest would select.
   *
   * @param files Absolute paths.
   */
  matching(pattern: RegExp, files: readonly string[]): string[] {
    return files.filter((file) => {
      const names = this.of(file);
      if (names === null) return true;
      if (isWithinATitle(pattern)) return names.titles.some((title) => title.includes(pattern.source));
      return names.full?.some((name) => name.search(pattern) >= 0) ?? true;
    });
  }

  /** Null where they are not known. */
  of(file: string): TestNames | null {
    const titles: string[] = [];
    let full: string[] | null = [];
    for (const [at, module] of this.reached(file).entries()) {
      const { names } = this.module(module, at === 0);
      if (names === null) return null;
      titles.push(...names.titles);
      // Of a function elsewhere it is not known in which suites it is called.
      full = at === 0 || names.titles.length === 0 ? full && names.full && [...full, ...names.full] : null;
    }
    return { titles, full };
  }

  /** Whether `-t` with its name would find a test. */
  foresees(test: TestCase): boolean {
    const names = this.of(test.module.moduleId);
    if (names === null) return true;
    const titles: string[] = [];
    for (let at: TestCase['parent'] | TestCase = test; at.type !== 'module'; at = at.parent) titles.push(at.name);
    return titles.every((title) => names.titles.includes(title)) && (names.full?.includes(test.fullName) ?? true);
  }

  /** The file first, then what it imports, and what that imports. */
  private reached(file: string): string[] {
    const seen = new Set([file]);
    for (const module of seen) for (const imported of this.module(module, module === file).imports) seen.add(imported);
    return [...seen];
  }

  private module(path: string, isTestFile: boolean): Module {
    const known = this.modules.get(path);
    if (known) return known;
    const text = readFileSync(path, 'utf8');
    const hasTests = isTestFile || (DEFINES.test(text) && !UNDERSTOOD.test(path));
    const imports = [...text.matchAll(IMPORTED)]
      .map(([, specifier = '']) => resolve(dirname(path), specifier))
      .filter((imported) => !imported.includes('/src/') && existsSync(imported));
    const module = { names: hasTests ? testNames(text) : { titles: [], full: [] }, imports };
    this.modules.set(path, module);
    return module;
  }
}

/** Whether it matches nothing but itself, and nothing that stands between two titles. */
function isWithinATitle({ source, flags }: RegExp): boolean {
  return flags === '' && /^[^\\^$.*+?()[\]{}|>]+$/.test(source);
}
