import type { ConsumerReport, TrafficShare, VersionAnswers } from './report.ts';

type Cell = string | number | boolean | null;

const ANSWERS = ['version', 'requests', 'error_share', 'client_error_share', 'p50_ms', 'p95_ms'];
const COLUMNS = [
  'kind',
  'name',
  'group',
  'wave',
  'due',
  'overdue',
  'contact',
  'rule',
  'gets_now',
  'first_seen_at',
  'last_seen_at',
  'requests_per_day_last_7',
  'requests_per_day',
  ...ANSWERS.map((column) => `old_${column}`),
  ...ANSWERS.map((column) => `new_${column}`),
];

/**
 * A report as CSV (RFC 4180): a row for each listed consumer, and one for each kind of the others. What a spreadsheet would
 * take for a formula begins with an apostrophe.
 */
export function reportCsv(report: ConsumerReport): string {
  const { days, versions } = report;
  const rows: Cell[][] = report.consumers.map((one) => [
    'listed',
    one.name,
    one.group,
    one.wave,
    one.due,
    one.isOverdue,
    one.contact,
    one.rule,
    one.now.says,
    one.firstSeenAt ?? 'never',
    one.lastSeenAt ?? 'never',
    one.requestsPerDay.lastWeek,
    one.requestsPerDay.all,
    ...answers(one.before),
    ...answers(one.after),
  ]);
  const others: readonly (readonly [string, TrafficShare])[] = [
    ['unlisted', report.unlisted],
    ['unlisted-others', report.unlistedOthers],
    ['no-credential', report.withoutCredential],
  ];
  for (const [kind, traffic] of others) {
    const on = (version: string | null): Cell[] =>
      version === null
        ? answers(null)
        : [version, traffic.byVersion.find((one) => one.version === version)?.requests ?? 0, null, null, null, null];
    const perDay = Math.round((traffic.requests / days) * 10) / 10;
    rows.push([kind, ...Array<Cell>(11).fill(null), perDay, ...on(versions.before), ...on(versions.after)]);
  }
  return [COLUMNS, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function answers(of: VersionAnswers | null): Cell[] {
  if (of === null) return ANSWERS.map(() => null);
  const share = (value: number | null) => (value === null ? null : Number(value.toFixed(6)));
  return [of.version, of.requests, share(of.errorShare), share(of.clientErrorShare), of.p50Ms, of.p95Ms];
}

/**
 * Names come from people, and the file is opened in spreadsheets: https://owasp.org/www-community/attacks/CSV_Injection
 * @example csvCell('=1+1') // "'=1+1"
 */
export function csvCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = /^[\s\uFEFF]*[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/.test(value) ? `'${value}` : value;
  return /[",\r\n;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
