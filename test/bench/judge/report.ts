import type { Cell, Row, Size } from './experiment.ts';
import { RIVAL_TITLES, RIVALS, type RivalName } from './rivals.ts';

export interface Report {
  readonly seed: number;
  readonly size: Size;
  readonly rows: readonly Row[];
}

/** The report for people; `costUs` is on the clock, and in nothing else. */
export function markdownOf({ seed, size, rows }: Report, costUs: number): string {
  const cost = `| J17 | cost of a look with 600 buckets | ${Math.round(costUs)} us | <= 100 us | ${mark(costUs <= 100)} |`;
  const summary = rows.map(
    (row) => `| ${row.id} | ${row.scenario} | ${row.measured} | ${row.target} | ${mark(row.passed)} |`,
  );
  const at = rows.findIndex(({ id }) => id === 'J18');
  return `${[
    '# The judge benchmark',
    '',
    `Protocol of docs/statistics.md section 6, size \`${size}\`, seed ${seed}. Made by \`npm run bench:judge\`; virtual time, the same`,
    'seed gives the same figures (J17 apart, which is on the clock). A is the product through its public API.',
    '',
    '| id | scenario | A measured | target | |',
    '| --- | --- | --- | --- | --- |',
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
