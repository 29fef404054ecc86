import type { Reporter, TestModule } from 'vitest/node';

/**
 * Tells when nothing has happened in a run for so long that nothing will: a file can wait for ever before it has a test with a
 * time-out of its own. `onStill` is told the files that were begun and have not ended.
 */
export function stillnessWatch(longestMs: number, onStill: (open: readonly string[]) => void): Reporter {
  const open = new Set<TestModule>();
  let timer: NodeJS.Timeout | undefined;
  const stir = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => onStill([...open].map(({ relativeModuleId }) => relativeModuleId)), longestMs);
  };
  const stirred = (): void => stir();
  return {
    onTestRunStart: stirred,
    onTestModuleQueued: (module) => {
      open.add(module);
      stir();
    },
    onTestModuleEnd: (module) => {
      open.delete(module);
      stir();
    },
    onTestModuleCollected: stirred,
    onTestCaseReady: stirred,
    onTestCaseResult: stirred,
    onTestRunEnd: () => clearTimeout(timer),
  };
}
