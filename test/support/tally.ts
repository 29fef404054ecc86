import type { TestModule, TestSuite } from 'vitest/node';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The tests that were skipped, by their full name, with the reason where one was given. */
  readonly skips: readonly string[];
}

/**
 * What a run came to. A file that cannot be loaded, a suite whose hook threw, an error that no test caught and a test
 * that never ended are a failure each: whatever did not show itself to pass has failed.
 */
export function tallyOf(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Tally {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string) => tests.filter((test) => test.result().state === state);
  const suites = modules.flatMap((module): (TestModule | TestSuite)[] => [module, ...module.children.allSuites()]);
  const broken = suites.filter((suite) => suite.errors().length > 0);
  return {
    passed: inState('passed').length,
    failed: inState('failed').length + inState('pending').length + broken.length + unhandledErrors.length,
    skipped: inState('skipped').length,
    skips: inState('skipped').map((test) => {
      const result = test.result();
      const note = result.state === 'skipped' && result.note !== undefined ? ` (${result.note})` : '';
      return `${test.module.relativeModuleId} > ${test.fullName}${note}`;
    }),
  };
}

export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
