import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst, SLOW } from './test/support/longest-first.ts';

/** Whole processes and whole-tree tools: they follow the other tests, and wait for a third of their time. */
const HEAVY = ['test/e2e/**/*.test.ts', 'test/fault/**/*.test.ts', 'test/run.test.ts', 'test/static.test.ts'];

/** The dashboard in a real browser. */
const BROWSER = 'test/browser/**/*.test.ts';

/** What is found in answers: one `Exchange` reads them for both paths, and `answers-read` and `bodies-hostile` show it on either. */
const SAME_ON_BOTH_PATHS = ['test/wire/{bodies,shapes,streams}-read.test.ts'];

/**
 * Tests that leave nothing behind, of modules that keep nothing which another file could see: they share processes, whatever ran
 * there before. Two of them measure the heap, and have a process of their own.
 */
const SHARED = ['test/unit/**/!(memory|held-lines).test.ts', 'test/property/**/*.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    globalSetup: 'test/support/before-all.ts',
    // One more than two cores carry: the longest files wait for most of their time.
    maxWorkers: Math.max(3, availableParallelism()),
    // What simulates hours takes ten seconds on quiet cores, and three times that on busy ones.
    testTimeout: 90_000,
    hookTimeout: 60_000,
    sequence: { shuffle: true, sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [...HEAVY, ...SHARED, ...SLOW, BROWSER, '**/node_modules/**'],
        },
      },
      // A process for each file, which loads the same modules again, costs more than most of these files.
      { extends: true, test: { name: 'shared', include: SHARED, isolate: false } },
      // The wire suite once more: `quick` runs it with the fast path in front, as it is served.
      {
        extends: true,
        test: {
          name: 'reference path',
          include: ['test/wire/**/*.test.ts'],
          exclude: ['test/wire/fast*.test.ts', ...SAME_ON_BOTH_PATHS, ...SLOW],
          provide: { fastPath: 'off' },
        },
      },
      {
        extends: true,
        test: {
          name: 'heavy',
          include: HEAVY,
          exclude: [...SLOW],
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      // Left out by a bare `npm test`; `npm run test:slow` runs them.
      {
        extends: true,
        test: {
          name: 'slow',
          include: [...SLOW],
          // They wait for a third of their time.
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'slow, browser',
          include: [BROWSER],
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'slow, reference path',
          include: SLOW.filter((path) => path.startsWith('test/wire/')),
          provide: { fastPath: 'off' },
          maxWorkers: 3,
          testTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
