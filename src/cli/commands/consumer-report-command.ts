import type { Command } from 'commander';
import { consumerReportSchema } from '../../api/consumers/report-view.ts';
import type { ConsumerReport, ReportedConsumer, TrafficShare, VersionAnswers } from '../../consumers/ledger/report.ts';
import { reportCsv } from '../../consumers/ledger/report-csv.ts';
import { counted } from '../../policy/counted.ts';
import { Problem } from '../../problem/problem.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { print } from '../output.ts';
import type { Session } from '../terminal.ts';
import { clean, fit, table } from '../text.ts';

interface ReportOptions extends ServerOptions {
  readonly csv?: boolean;
  readonly days: string;
}

/** So that the table fits into 80 columns. */
const NAME_WIDTH = 12;
const VERSION_WIDTH = 8;

export function registerConsumerReport(consumers: Command, session: Session): void {
  takesServer(
    consumers
      .command('report')
      .description('who asked what of which version: on the old one before, on the new one after')
      .argument('<route>'),
  )
    .option('--days <number>', 'how many UTC days count, at most 90', '30')
    .option('--csv', 'as a table for spreadsheets, in place of --output')
    .action(async (route: string, options: ReportOptions) => {
      const path = `/api/v1/routes/${encodeURIComponent(route)}/consumer-report?days=${daysOf(options.days)}`;
      const report = await openClient(options, session).get(path, consumerReportSchema);
      if (options.csv) session.stdout.write(reportCsv(report));
      else print(session, options.output, report, (format) => reportText(report, format));
    });
}

function daysOf(text: string): number {
  const days = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= 90) return days;
  throw new Problem('invalid-input', `--days ${clean(text)} is not a number of days from 1 to 90`);
}

function reportText(report: ConsumerReport, format: 'table' | 'wide'): string {
  const { route, days, fromDay, at, versions } = report;
  const to = versions.after === null ? '' : ` -> ${versions.after}`;
  const lines = [
    `${route}  ${versions.before}${to}  ${counted(days, 'day')}, ${fromDay} to ${at.slice(0, 10)} (UTC)`,
    '',
  ];
  if (report.consumers.length === 0) lines.push('No consumer is listed.');
  else lines.push(...consumerLines(report, format));
  lines.push('', ...otherLines(report));
  return lines.join('\n');
}

function consumerLines({ consumers, versions }: ConsumerReport, format: 'table' | 'wide'): readonly string[] {
  const isWide = format === 'wide';
  const cut = (text: string, width: number) => (isWide ? text : fit(clean(text), width));
  const shown = [versions.before, versions.after].filter((version) => version !== null);
  const heading = [
    'NAME',
    ...(isWide ? ['GROUP'] : []),
    'WAVE',
    ...(isWide ? ['DUE', 'CONTACT', 'FIRST SEEN'] : []),
    'NOW',
    'LAST SEEN',
    'A DAY',
    ...shown.map((version) => cut(clean(version), VERSION_WIDTH)),
  ];
  const rows = consumers.map((one) => [
    cut(one.name, NAME_WIDTH),
    ...(isWide ? [one.group ?? ''] : []),
    one.wave === null ? '' : String(one.wave),
    ...(isWide ? [dueText(one), one.contact ?? '', dayText(one.firstSeenAt)] : []),
    cut(one.now.says, VERSION_WIDTH),
    dayText(one.lastSeenAt),
    shortNumber(one.requestsPerDay.lastWeek),
    answersText(one.before, format),
    ...(one.after === null ? [] : [answersText(one.after, format)]),
  ]);
  return [
    ...table(heading, rows).split('\n'),
    '',
    'A DAY: requests, in the last week. Under each version: errors, p95.',
  ];
}

function dueText({ due, isOverdue }: ReportedConsumer): string {
  return `${due ?? ''}${isOverdue ? ' overdue' : ''}`;
}

function dayText(at: string | null): string {
  return at === null ? 'never' : at.slice(0, 10);
}

function answersText(of: VersionAnswers, format: 'table' | 'wide'): string {
  if (of.requests === 0) return '-';
  const { errorShare, clientErrorShare, p50Ms, p95Ms } = of;
  if (format === 'table') return `${shareText(errorShare)} ${msText(p95Ms)}`;
  return `${of.requests}: ${shareText(errorShare)} errors, ${shareText(clientErrorShare)} 4xx, p50 ${msText(p50Ms)}, p95 ${msText(p95Ms)}`;
}

function msText(ms: number | null): string {
  if (ms === null) return '-';
  return ms < 1_000 ? `${ms}ms` : `${Number((ms / 1_000).toPrecision(3))}s`;
}

function shareText(share: number | null): string {
  if (share === null) return '-';
  const percent = share * 100;
  return percent > 0 && percent < 0.01 ? '<0.01%' : `${Number(percent.toFixed(percent < 10 ? 2 : 1))}%`;
}

function shortNumber(value: number): string {
  if (value < 10_000) return String(Math.round(value));
  return value < 10_000_000 ? `${Math.round(value / 1_000)}k` : `${Math.round(value / 1_000_000)}M`;
}

function otherLines({ consumers, listed, unlisted, unlistedOthers, withoutCredential }: ConsumerReport) {
  const unseen = consumers.filter(({ lastSeenAt }) => lastSeenAt === null).length;
  const lines = [
    `Listed: ${trafficText(listed)}${unseen > 0 ? `; ${unseen} of ${consumers.length} never seen` : ''}`,
    `Not listed: ${trafficText(unlisted)}, ${counted(unlisted.credentials, 'credential')}`,
  ];
  for (const { hash, formerName, requests, lastSeenAt } of unlisted.largest) {
    const former = formerName === null ? '' : `, listed before as ${fit(clean(formerName), NAME_WIDTH)}`;
    lines.push(`  ${hash}  ${counted(requests, 'request')}, last on ${dayText(lastSeenAt)}${former}`);
  }
  if (unlistedOthers.requests > 0) lines.push(`Not listed, and not told apart: ${trafficText(unlistedOthers)}`);
  return [...lines, `No credential, or none that verifies: ${trafficText(withoutCredential)}`];
}

function trafficText({ requests, share }: TrafficShare): string {
  return `${counted(requests, 'request')}${share === null ? '' : ` (${shareText(share)})`}`;
}
