import { describe, expect, it } from 'vitest';
import type { ConsumerDay, Who } from '../../../src/consumers/ledger/consumer-day.ts';
import { consumerReport, firstDayOf, type ListedNow, type ReportedPast } from '../../../src/consumers/ledger/report.ts';
import { csvCell, reportCsv } from '../../../src/consumers/ledger/report-csv.ts';

const AT = Date.UTC(2027, 2, 10, 12);

function listed(name: string, keyHash: string, more: Partial<ListedNow> = {}): ListedNow {
  const details = { group: null, wave: 1, due: null, contact: null, isOverdue: false };
  return { name, keyHash, rule: 'stable', ...details, now: { version: 'v1', says: 'v1' }, ...more };
}

const day = (who: Who, more: Partial<ConsumerDay> = {}): ConsumerDay => ({
  route: 'shop',
  who,
  version: 'v1',
  day: '2027-03-01',
  requests: 70,
  errors: 7,
  clientErrors: 14,
  latency: { 59: 19, 80: 1 },
  firstAt: AT - 9 * 86_400_000,
  lastAt: AT - 9 * 86_400_000,
  ...more,
});

const NONE: ReportedPast = { days: [], seen: [], sums: [], unlisted: { credentials: 0, largest: [] } };
const VERSIONS = { before: 'v1', after: 'v2' };

describe('the report of consumers', () => {
  it('compares each with its own past, and says who was never seen', () => {
    const list = [listed('acme', 'a1'), listed('silent', 's1')];
    const acme: Who = { kind: 'listed', name: 'acme', keyHash: 'a1' };
    const days = [
      day(acme),
      // Before it was listed, and within the last week.
      day({ kind: 'unlisted', keyHash: 'a1' }, { day: '2027-03-04', requests: 30, errors: 3, clientErrors: 6 }),
      day(acme, { version: 'v2', day: '2027-03-10', requests: 40, errors: 0, clientErrors: 0, latency: {} }),
      day(acme, { version: 'v0', requests: 2 }),
    ];
    const seen = [
      { who: acme, firstAt: AT - 1_000, lastAt: AT },
      { who: { kind: 'unlisted', keyHash: 'a1' } as const, firstAt: 0, lastAt: 1 },
    ];
    const { consumers, fromDay } = consumerReport(
      'shop',
      list,
      VERSIONS,
      { ...NONE, days, seen },
      { days: 10, at: AT },
    );
    expect(fromDay).toBe('2027-03-01');
    expect(consumers[0]).toMatchObject({
      firstSeenAt: '1970-01-01T00:00:00.000Z',
      lastSeenAt: '2027-03-10T12:00:00.000Z',
      requestsPerDay: { lastWeek: 10, all: 14.2 },
      before: { version: 'v1', requests: 100, errorShare: 0.1, clientErrorShare: 0.2, p50Ms: 107, p95Ms: 107 },
      after: { version: 'v2', requests: 40, errorShare: 0, p50Ms: null, p95Ms: null },
    });
    expect(consumers[1]).toMatchObject({
      firstSeenAt: null,
      lastSeenAt: null,
      requestsPerDay: { lastWeek: 0, all: 0 },
      before: { requests: 0, errorShare: null, p95Ms: null },
    });
  });

  it('has the shares of all that is counted, and null where nothing is', () => {
    const sums = [
      { kind: 'listed', version: 'v1', requests: 60 },
      { kind: 'unlisted', version: 'v1', requests: 20 },
      { kind: 'unlisted', version: 'v2', requests: 10 },
      { kind: 'unlisted-others', version: 'v1', requests: 5 },
      { kind: 'none', version: 'v1', requests: 5 },
    ] as const;
    const largest = [{ keyHash: 'f'.repeat(64), formerName: null, requests: 30, firstAt: 0, lastAt: 0 }];
    const past = { ...NONE, sums, unlisted: { credentials: 3, largest } };
    const report = consumerReport('shop', [], { before: 'v1', after: null }, past, { days: 30, at: AT });
    const { listed: all, unlisted, unlistedOthers, withoutCredential } = report;
    expect([all, unlisted, unlistedOthers, withoutCredential].map(({ share }) => share)).toEqual([
      0.6, 0.3, 0.05, 0.05,
    ]);
    expect(unlisted.largest.map(({ hash }) => hash)).toEqual(['f'.repeat(12)]);
    expect(consumerReport('shop', [], VERSIONS, NONE, { days: 30, at: AT }).listed.share).toBeNull();
    expect([firstDayOf(1, AT), firstDayOf(30, AT)]).toEqual(['2027-03-10', '2027-02-09']);
  });

  it('is CSV of as many cells in each row, with nothing that a spreadsheet would compute', () => {
    const list = [listed('=HYPERLINK("http://x","y")', 'a1', { contact: 'a, "b"\r\nc' }), listed('plain', 'b1')];
    const text = reportCsv(consumerReport('shop', list, VERSIONS, NONE, { days: 30, at: AT }));
    expect(text).toContain(
      `listed,"'=HYPERLINK(""http://x"",""y"")",,1,,false,"a, ""b""\r\nc",stable,v1,never,never,0,0,v1,0,`,
    );
    const rows = parse(text);
    expect(rows.map((row) => row.length)).toEqual(rows.map(() => 25));
    expect(rows.map(([kind]) => kind)).toEqual([
      'kind',
      'listed',
      'listed',
      'unlisted',
      'unlisted-others',
      'no-credential',
    ]);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^\s*[=+\-@\t\r]/);
    expect(['+1', '-1', '@a', '\t=1', ' =1', '＝1', 'a', '', '1-2'].map(csvCell)).toEqual([
      "'+1",
      "'-1",
      "'@a",
      '"\'\t=1"',
      "' =1",
      "'＝1",
      'a',
      '',
      '1-2',
    ]);
  });
});

/** RFC 4180, by its grammar. */
function parse(text: string): string[][] {
  expect(text.endsWith('\r\n')).toBe(true);
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}
