import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../../src/logs/lines/log-line.ts';
import { loki } from '../../../src/logs/ways/loki.ts';
import { type PageRead, UnreadableBatch } from '../../../src/logs/ways/way.ts';

type Value = readonly [ns: string, line: string, metadata?: Readonly<Record<string, string>>];

interface Stream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly Value[];
}

const T0 = 1_800_000_000_000n * 1_000_000n;
const ns = (after: number) => (T0 + BigInt(after)).toString();

function read(result: readonly Stream[], limit = 100, versionLabel: string | null = null) {
  const lines: LogLine[] = [];
  const faults: string[] = [];
  let page: PageRead | null = null;
  const bytes = Buffer.from(JSON.stringify({ status: 'success', data: { resultType: 'streams', result } }));
  const tell = {
    wants: () => true,
    unread: () => {},
    line: (line: LogLine) => lines.push(line),
    fault: (kind: string) => faults.push(kind),
    page: (read: PageRead) => {
      page = read;
    },
  };
  loki.read(bytes, tell, { limit, versionLabel });
  return { lines, faults, page };
}

function one(stream: Stream['stream'], line: string, metadata?: Readonly<Record<string, string>>): LogLine | undefined {
  return read([{ stream, values: [metadata ? [ns(0), line, metadata] : [ns(0), line]] }]).lines[0];
}

describe('a line of Loki', () => {
  it('has its labels and its metadata as fields, by the names that OpenTelemetry has for them', () => {
    const metadata = {
      service_version: 'v2',
      peer_service: 'bank',
      exception_type: 'NoCard',
      scope_name: 'pay.Charge',
    };
    const line = one({ service_name: 'shop', detected_level: 'error', trace_id: 'a1' }, 'card 17 declined', metadata);
    expect(line).toMatchObject({
      level: 'error',
      logger: 'pay.Charge',
      message: 'card 17 declined',
      at: 1_800_000_000_000,
      version: 'v2',
      call: 'http bank',
    });
    expect(line?.fields).toEqual(expect.arrayContaining(['service.name', 'peer.service', 'trace_id']));
  });

  it('is read as lines of files are, and what it says itself comes before its labels', () => {
    expect(one({ level: 'info' }, '{"severity":"ERROR","msg":"no card"}')).toMatchObject({ level: 'error' });
    expect(one({ level: 'info' }, 'level=warn msg="slow answer" ms=900')).toMatchObject({
      level: 'warn',
      message: 'slow answer',
    });
    expect(one({ level: 'info' }, '2027-01-15 08:00:00 ERROR pay.Charge: no card')).toMatchObject({
      level: 'error',
      logger: 'pay.Charge',
      message: 'no card',
    });
    expect(one({ level: 'warn' }, 'just a text')).toMatchObject({ level: 'warn', message: 'just a text' });
    expect(one({ detected_level: 'unknown' }, 'just a text')).toMatchObject({ level: 'info' });
    expect(one({}, '{"card":17}')).toBeUndefined();
  });

  it('is of the version that the label says, else of the one that it says itself', () => {
    const json = '{"msg":"x","version":"v1"}';
    const by = (label: string | null, stream: Stream['stream'], metadata?: Readonly<Record<string, string>>) =>
      read([{ stream, values: [metadata ? [ns(0), json, metadata] : [ns(0), json]] }], 100, label).lines[0]?.version;
    expect(by(null, {})).toBe('v1');
    expect(by(null, { version: 'v2' })).toBe('v2');
    expect(by('pod_version', { version: 'v3', pod_version: 'v2' })).toBe('v2');
    expect(by('pod_version', {}, { pod_version: 'v2' })).toBe('v2');
    expect(by('pod_version', {})).toBe('v1');
    expect(by('constructor', {})).toBe('v1');
  });

  it('takes the frames of a trace that follow it in its stream, and those that are in it', () => {
    const frames = ['\tat pay.Charge', 'Caused by: java.lang.IllegalStateException: x'];
    const values = ['charge failed', ...frames, 'next'].map((text, at): Value => [ns(at), text]);
    expect(read([{ stream: {}, values }]).lines.map(({ message }) => message)).toEqual([
      'charge failed [java.lang.IllegalStateException]',
      'next',
    ]);
    expect(one({}, ['charge failed', ...frames].join('\n'))).toMatchObject({
      message: 'charge failed [java.lang.IllegalStateException]',
    });
  });
});

describe('a page of Loki', () => {
  const entries = (...at: readonly number[]): readonly Stream[] =>
    at.map((after) => ({ stream: { version: 'v1' }, values: [[ns(after), `line ${after}`]] }));
  const messages = (lines: readonly LogLine[]) => lines.map(({ message }) => message);

  it('is the last one where it is not full', () => {
    const { lines, page } = read(entries(1, 2), 3);
    expect([messages(lines), page]).toEqual([['line 1', 'line 2'], { lines: 2, next: null, isCrowded: false }]);
  });

  it('leaves the newest instant of a full one to the next, which begins with it', () => {
    const { lines, page } = read(entries(1, 2, 2), 3);
    expect([messages(lines), page]).toEqual([['line 1'], { lines: 1, next: ns(2), isCrowded: false }]);
  });

  it('says that there may be more where one instant fills it', () => {
    const { lines, page } = read(entries(2, 2, 2), 3);
    expect([messages(lines), page]).toEqual([
      ['line 2', 'line 2', 'line 2'],
      { lines: 3, next: ns(3), isCrowded: true },
    ]);
  });

  const streams = (count: number) =>
    `{"status":"success","data":{"resultType":"streams","result":[${'{},'.repeat(count)}{}]}}`;

  it.each([
    ['no JSON', '{"status":"success",', 'it is no JSON'],
    ['a page', '<html>', 'it is no answer of Loki'],
    ['another JSON', '{"status":"error"}', 'it is no answer of Loki'],
    ['figures', '{"status":"success","data":{"resultType":"matrix","result":[]}}', /figures and no lines/],
    ['more than may be held', streams(60_000), /more than 50000 records/],
    ['no streams', '{"status":"success","data":{"resultType":"streams"}}', 'it has no list of streams'],
  ])('is refused as a whole where it is %s', (_, text, why) => {
    const nothing = { wants: () => true, line: () => {}, fault: () => {}, unread: () => {} };
    expect(() => loki.read(Buffer.from(text), nothing)).toThrow(UnreadableBatch);
    expect(() => loki.read(Buffer.from(text), nothing)).toThrow(why);
  });

  it('counts what is no stream and no entry', () => {
    const bad = [null, { stream: {} }, { stream: {}, values: [[17, 'x'], ['-1', 'x'], 'x', ['1', 'x']] }];
    const { lines, faults } = read(bad as never);
    expect([lines.length, faults.length]).toEqual([1, 5]);
  });
});
