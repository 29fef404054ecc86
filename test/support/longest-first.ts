import { createHash } from 'node:crypto';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Half a minute and more each, on two quiet cores: a run of their own. The longest come first. */
export const SLOW: readonly string[] = [
  'test/wire/containment.test.ts',
  'test/e2e/doctor.test.ts',
  'test/e2e/schemathesis.test.ts',
  'test/fault/kill.test.ts',
  'test/fault/database-process.test.ts',
  'test/e2e/bench.test.ts',
  'test/fault/first-start.test.ts',
  'test/fault/database-away.test.ts',
  'test/e2e/prometheus.test.ts',
  'test/e2e/probes.test.ts',
  'test/e2e/model-backend.test.ts',
  'test/e2e/demo-llm.test.ts',
  'test/e2e/unseen-faults.test.ts',
  'test/e2e/heavy-keys.test.ts',
  'test/e2e/sticky-keys.test.ts',
  'test/e2e/cold-start.test.ts',
  'test/e2e/advised-split.test.ts',
  'test/e2e/errors-by-content.test.ts',
  'test/e2e/logs.test.ts',
  'test/e2e/early-logs.test.ts',
  'test/e2e/unread-logs.test.ts',
  'test/e2e/log-examples.test.ts',
  'test/e2e/logs-page.test.ts',
  'test/e2e/logs-collector.test.ts',
  'test/e2e/loki.test.ts',
  'test/e2e/internal-answers.test.ts',
  'test/e2e/events.test.ts',
  'test/e2e/reload.test.ts',
];

/** Of the others those that take a quarter of a minute and more: one that began last would run on when all others have ended. */
export const LONGEST: readonly string[] = [
  ...SLOW,
  'test/browser/live.test.ts',
  'test/browser/away.test.ts',
  'test/browser/acts.test.ts',
  'test/fault/clock.test.ts',
  'test/static.test.ts',
  'test/e2e/every-operation.test.ts',
  'test/e2e/trail.test.ts',
  'test/e2e/prometheus-source.test.ts',
  'test/e2e/broken-contract.test.ts',
  'test/e2e/consumers-by-token.test.ts',
  'test/wire/charges.test.ts',
  'test/e2e/readme.test.ts',
  'test/e2e/bad-input.test.ts',
  'test/sim/clock.test.ts',
  'test/sim/interference.test.ts',
  'test/wire/fast-differential.test.ts',
  'test/e2e/database-urls.test.ts',
  'test/sim/controller.test.ts',
  'test/e2e/consumer-waves.test.ts',
  'test/e2e/preview.test.ts',
  'test/e2e/report.test.ts',
  'test/sim/unrecorded.test.ts',
  'test/e2e/refused-consumer.test.ts',
  'test/fault/control-connections.test.ts',
  'test/e2e/rolling-restart.test.ts',
  'test/contract/store.test.ts',
  'test/property/policy.test.ts',
  'test/e2e/internal-error.test.ts',
  'test/wire/mirror.test.ts',
  'test/contract/acts.test.ts',
  'test/unit/judge/keys.test.ts',
  'test/e2e/package.test.ts',
];

/**
 * Starts the longest files first, then the others in the order that the seed says. Files that share a process come last. Where two
 * projects run the same long file, the second begins when a quarter of the others have: it mostly waits, and two of them at once
 * would leave a core idle.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root, sequence } = this.ctx.config;
    const keys = new Map(
      files.map((file) => {
        const path = file.moduleId.slice(root.length + 1);
        const long = LONGEST.indexOf(path);
        const chance = createHash('sha1').update(`${sequence.seed} ${file.project.name} ${path}`).digest('hex');
        return [file, { long: long < 0 ? LONGEST.length : long, shared: file.project.config.isolate ? 0 : 1, chance }];
      }),
    );
    const sorted = files.toSorted((a, b) => {
      const [one, other] = [keys.get(a), keys.get(b)];
      if (one === undefined || other === undefined) return 0;
      return one.long - other.long || one.shared - other.shared || one.chance.localeCompare(other.chance);
    });
    const isSecond = (file: TestSpecification, at: number): boolean =>
      (keys.get(file)?.long ?? LONGEST.length) < LONGEST.length && sorted[at - 1]?.moduleId === file.moduleId;
    const order = sorted.filter((file, at) => !isSecond(file, at));
    const quarter = Math.floor(order.length / 4);
    return order.toSpliced(quarter, 0, ...sorted.filter(isSecond));
  }
}
