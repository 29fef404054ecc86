import type { Machine } from '../gateway/machine.ts';
import type { Resident } from './resident.ts';
import type { Round, Scale } from './scenarios.ts';

export interface Limit {
  readonly what: string;
  readonly most: number;
  readonly unit: 'MB' | 's';
  /** Of each round that it concerns; the median is held against the limit. */
  readonly measured: readonly number[];
}

export interface Report {
  readonly date: string;
  readonly scale: Scale;
  readonly machine: Omit<Machine, 'stolen'>;
  readonly rounds: readonly Round[];
  readonly limits: readonly Limit[];
}

const DATABASES: readonly Round['database'][] = ['embedded, empty folder', 'embedded, made folder', 'Postgres'];

export function reportOf(rounds: readonly Round[], more: Pick<Report, 'date' | 'scale' | 'machine'>): Report {
  const of = (database: string, value: (round: Round) => number) =>
    rounds.filter((round) => round.database.startsWith(database)).map(value);
  const seconds = ({ readyMs }: Round) => readyMs / 1_000;
  const limits: Limit[] = [
    { what: 'at rest, embedded database', most: 180, unit: 'MB', measured: of('embedded', ({ rest }) => rest.charged) },
    {
      what: 'peak from the start to the first rollout, embedded database',
      most: 250,
      unit: 'MB',
      measured: of('embedded', ({ peak }) => peak.charged),
    },
    { what: 'ready on a made data folder', most: 1.5, unit: 's', measured: of('embedded, made folder', seconds) },
    { what: 'ready on an empty data folder', most: 4, unit: 's', measured: of('embedded, empty folder', seconds) },
    { what: 'at rest, with Postgres', most: 100, unit: 'MB', measured: of('Postgres', ({ rest }) => rest.charged) },
  ];
  return { ...more, rounds, limits };
}

export function markdown({ date, scale, machine, rounds, limits }: Report): string {
  const { cpu, cores, memoryGb, kernel, node, loadBefore } = machine;
  const count = scale.rounds === 1 ? 'one round' : `${scale.rounds} rounds`;
  return `# The memory of Serin

Written by \`npm run bench:memory\` on ${date}: ${count} of the built package, each started anew; min, **median**, max.
Memory is what a container is charged for: the processes' own, and the pages of Node and its libraries once. RSS counts
those once for each process; PSS shares them with every other Node on the machine. The embedded database is a process of
its own, and all figures but those by process are the sum. The peak is sampled every 20 ms.

${cpu}, ${cores} cores, ${memoryGb} GB, Linux ${kernel}, Node ${node}. Load average before: ${loadBefore.toFixed(1)}; seconds count on a quiet machine only.

## Limits

| what | limit | measured | outcome |
| --- | --- | --- | --- |
${limits.map(limitRow).join('\n')}

## Readings

| database | ready s | peak MB | peak RSS | rest MB | rest RSS | rest PSS | rest RSS by process | with a rollout, after ${scale.asked} answers MB |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${DATABASES.flatMap((database) =>
  readingRow(
    database,
    rounds.filter((round) => round.database === database),
  ),
).join('\n')}
`;
}

function limitRow({ what, most, unit, measured }: Limit): string {
  const limit = `<= ${most} ${unit}`;
  if (measured.length === 0) return `| ${what} | ${limit} | - | not measured: no Postgres could be started |`;
  const middle = median(measured);
  const outcome = middle <= most ? 'hit' : `missed by ${Math.ceil((middle / most - 1) * 100)} %`;
  return `| ${what} | ${limit} | ${spread(measured, unit === 's' ? 2 : 0)} ${unit} | ${outcome} |`;
}

function readingRow(database: string, rounds: readonly Round[]): string[] {
  if (rounds.length === 0) return [];
  const mb = (of: (round: Round) => number) => spread(rounds.map(of), 0);
  const each = rounds[0]?.rest.processes.map((_process, at) => mb(({ rest }) => rest.processes[at]?.rss ?? 0)) ?? [];
  const memory = (of: (round: Round) => Resident, kind: 'charged' | 'rss' | 'pss') => mb((round) => of(round)[kind]);
  return [
    `| ${[
      database,
      spread(
        rounds.map(({ readyMs }) => readyMs / 1_000),
        2,
      ),
      memory(({ peak }) => peak, 'charged'),
      memory(({ peak }) => peak, 'rss'),
      memory(({ rest }) => rest, 'charged'),
      memory(({ rest }) => rest, 'rss'),
      memory(({ rest }) => rest, 'pss'),
      each.join(' + '),
      memory(({ used }) => used, 'charged'),
    ].join(' | ')} |`,
  ];
}

function spread(values: readonly number[], digits: number): string {
  const middle = `**${median(values).toFixed(digits)}**`;
  if (values.length === 1) return middle;
  return `${Math.min(...values).toFixed(digits)} ${middle} ${Math.max(...values).toFixed(digits)}`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
