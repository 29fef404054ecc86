import { type Bench, type Cell, type Row, rowNumber } from './experiment.ts';
import { RIVAL_TITLES, RIVALS, type RivalName } from './rivals.ts';

/** A row, and what it was run with. */
export interface ReportedRow extends Row, Bench {}

/** What is known of every row. Rows may have been run at different times, at different sizes. */
export interface Report {
  readonly rows: readonly ReportedRow[];
  /** Of J17, on the clock: the processor's time for a look, in us. */
  readonly lookUs: number;
}

/** The report with rows that were run anew. */
export function updated({ rows }: Pick<Report, 'rows'>, fresh: readonly ReportedRow[], lookUs: number): Report {
  const kept = rows.filter(({ id }) => !fresh.some((row) => row.id === id));
  return { rows: [...kept, ...fresh].toSorted((left, right) => rowNumber(left) - rowNumber(right)), lookUs };
}

/** The report for people. */
export function markdownOf({ rows, lookUs }: Report): string {
  const cost = `| J17 | cost of a look with 600 buckets | ${Math.round(lookUs)} us | <= 100 us | | ${mark(lookUs <= 100)} |`;
  const summary = rows.map(
    (row) =>
      `| ${row.id} | ${row.scenario} | ${row.measured} | ${row.target} | ${row.size}, ${row.seed} | ${mark(row.passed)} |`,
  );
  const at = rows.findIndex((row) => rowNumber(row) > 17);
  return `${[
    '# The judge benchmark',
    '',
    'Protocol of docs/statistics.md section 6. Made by `npm run bench:judge` (`-- --rows J4,J5` runs these alone); virtual time, the',
    'same size and seed give the same figures (J17 apart, which is on the clock). A is the product through its public API.',
    '',
    '| id | scenario | A measured | target | size, seed | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...summary.slice(0, at),
    cost,
    ...summary.slice(at),
    '',
    '## The rules beside it',
    '',
    ...RIVALS.map((name) => `- **${name}** ${RIVAL_TITLES[name]}`),
    '',
    'They see the same streams, a part of them where a row is long. What they detect is to be read beside what they roll',
    'back in error (J1, J2, J7, J8, J9, J13): a rule that fires on every stream detects everything.',
    '',
    ...rows.flatMap(section),
  ].join('\n')}`;
}

function section(row: Row): string[] {
  const rivals = RIVALS.filter((name) => row.cells.some((cell) => cell.rivals?.[name] !== undefined));
  const head = ['setting', 'streams', 'A', ...rivals, 'note'];
  return [
    `## ${row.id}: ${row.scenario}`,
    '',
    `A: ${row.measures}.${row.rivalsMeasure === undefined || rivals.length === 0 ? '' : ` Others: ${row.rivalsMeasure}.`}`,
    '',
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...row.cells.map((cell) => `| ${cellsOf(cell, rivals).join(' | ')} |`),
    '',
  ];
}

function cellsOf({ setting, streams, figure, note, rivals }: Cell, names: readonly RivalName[]): string[] {
  const shares = names.map((name) => {
    const share = rivals?.[name];
    return share === undefined ? '' : `${Math.round(100 * share)} %`;
  });
  return [setting, String(streams), figure === null ? '-' : shown(figure), ...shares, note ?? ''];
}

function shown(figure: number): string {
  return String(Math.abs(figure) < 1e-3 && figure !== 0 ? figure.toExponential(1) : Number(figure.toFixed(3)));
}

function mark(passed: boolean): string {
  return passed ? 'passed' : '**missed**';
}
