import type { LoadOutcome } from './load.ts';
import type { ScenarioId } from './scenarios.ts';

/** One window of one contender. `null` where the scenario does not tell. */
export interface Sample {
  readonly requestsPerSecond: number | null;
  /** Requests for each second of CPU time: the rate of a core that does nothing else. */
  readonly perCpuSecond: number | null;
  readonly cpuUs: number | null;
  /** Share of the window in which the proxy ran. */
  readonly busy: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly residentMb: number;
  readonly bytesEach: number | null;
  readonly errors: number;
}

export type Measure = 'requestsPerSecond' | 'perCpuSecond' | 'cpuUs' | 'busy' | 'p50Ms' | 'p99Ms' | 'bytesEach';

/** The samples of one contender in one scenario, by round. */
export interface Row {
  readonly scenario: ScenarioId;
  readonly contender: string;
  readonly samples: readonly Sample[];
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Two contenders compared round by round. */
export interface Ratio extends Spread {
  /** Of the quartile in which each did best: what else a machine does only ever takes time away. */
  readonly quiet: number;
}

/** Throws when the generator could not do its work. */
export function sampleOf(outcome: LoadOutcome): Sample {
  switch (outcome.kind) {
    case 'failed':
      throw new Error(outcome.why);
    case 'memory':
      return {
        requestsPerSecond: null,
        perCpuSecond: null,
        cpuUs: null,
        busy: null,
        p50Ms: null,
        p99Ms: null,
        residentMb: outcome.residentBytes / 1e6,
        bytesEach: outcome.bytesEach,
        errors: 0,
      };
    case 'traffic': {
      const { requests, elapsedMs, cpuMs } = outcome;
      if (requests === 0) throw new Error('no request was answered');
      return {
        requestsPerSecond: (requests / elapsedMs) * 1_000,
        perCpuSecond: cpuMs > 0 ? (requests / cpuMs) * 1_000 : null,
        cpuUs: cpuMs > 0 ? (cpuMs / requests) * 1_000 : null,
        busy: cpuMs > 0 ? cpuMs / elapsedMs : null,
        p50Ms: outcome.p50Ms,
        p99Ms: outcome.p99Ms,
        residentMb: outcome.residentBytes / 1e6,
        bytesEach: null,
        errors: outcome.errors,
      };
    }
  }
}

/** Null when there is nothing to spread. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const sorted = values
    .filter((value): value is number => value !== null && Number.isFinite(value))
    .sort((a, b) => a - b);
  const min = sorted[0];
  const max = sorted.at(-1);
  const low = sorted[(sorted.length - 1) >> 1];
  const high = sorted[sorted.length >> 1];
  if (min === undefined || max === undefined || low === undefined || high === undefined) return null;
  return { min, median: (low + high) / 2, max };
}

/** Everything that was measured. */
export class Results {
  readonly rows: readonly Row[];

  constructor(rows: readonly Row[]) {
    this.rows = rows;
  }

  /** The values of a contender by round; null when it did not take part. */
  series(scenario: ScenarioId, contender: string, measure: Measure): readonly (number | null)[] | null {
    const row = this.rows.find((one) => one.scenario === scenario && one.contender === contender);
    return row ? row.samples.map((sample) => sample[measure]) : null;
  }

  /** Round by round, so that what disturbs a round disturbs both sides of its ratio. */
  ratio(scenario: ScenarioId, measure: 'perCpuSecond' | 'cpuUs', of: string, against: string): Ratio | null {
    const above = this.series(scenario, of, measure);
    const below = this.series(scenario, against, measure);
    if (!above || !below) return null;
    const spread = spreadOf(above.map((value, round) => divided(value, below[round] ?? null)));
    const best = measure === 'cpuUs' ? 0.25 : 0.75;
    const quiet = divided(quantile(above, best), quantile(below, best));
    return spread === null || quiet === null ? null : { ...spread, quiet };
  }

  /** The p50 that a contender adds to asking the upstream itself, against what another one adds. */
  addedLatencyRatio(of: string, against: string): Spread | null {
    const bare = this.series('fixed-rate', 'direct', 'p50Ms');
    const above = this.series('fixed-rate', of, 'p50Ms');
    const below = this.series('fixed-rate', against, 'p50Ms');
    if (!bare || !above || !below) return null;
    const added = (value: number | null | undefined, round: number) => (value ?? Number.NaN) - (bare[round] ?? 0);
    return spreadOf(above.map((value, round) => divided(added(value, round), added(below[round], round))));
  }
}

function quantile(values: readonly (number | null)[], share: number): number | null {
  const sorted = values.filter((value): value is number => value !== null).sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? null;
}

function divided(above: number | null, below: number | null): number | null {
  return above === null || below === null || below <= 0 ? null : above / below;
}
