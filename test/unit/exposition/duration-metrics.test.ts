import { describe, expect, it } from 'vitest';
import { durationMetrics } from '../../../src/exposition/duration-metrics.ts';
import { methodIndex } from '../../../src/gateway/http/method.ts';
import { DURATION_BUCKETS, Durations } from '../../../src/gateway/measure/durations.ts';

function textOf(fill: (durations: Durations) => void, version = 'v1'): string[] {
  const durations = new Durations();
  fill(durations);
  return durationMetrics([{ route: 'shop', track: 'stable', version, rows: durations.read() }], DURATION_BUCKETS).split(
    '\n',
  );
}

describe('the histogram of durations', () => {
  it('adds up its buckets, each with what is exactly on its edge', () => {
    const lines = textOf((durations) => {
      for (const ms of [5, 5.1, 10_000, 10_001]) durations.answered(methodIndex('GET'), 200, ms);
    });
    const labels =
      'http_request_method="GET",http_response_status_code="200",http_route="shop",serin_version="v1",serin_track="stable"';
    const counts = lines.filter((line) => line.includes('_bucket')).map((line) => Number(line.split(' ').at(-1)));
    expect(counts).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4]);
    expect(lines).toContain(`http_server_request_duration_seconds_bucket{${labels},le="0.005"} 1`);
    expect(lines).toContain(`http_server_request_duration_seconds_bucket{${labels},le="+Inf"} 4`);
    expect(lines).toContain(`http_server_request_duration_seconds_sum{${labels}} 20.0111`);
    expect(lines).toContain(`http_server_request_duration_seconds_count{${labels}} 4`);
  });

  it('names the type of an error, and no status where there was no answer', () => {
    const text = textOf((durations) => {
      durations.answered(methodIndex('POST'), 503, 1);
      durations.answered(methodIndex('POST'), 404, 1);
      durations.ended(methodIndex('POST'), 'unanswered', 1);
      durations.ended(methodIndex('POST'), 'client-gone', 1);
    }).filter((line) => line.includes('_count'));
    expect(text.map((line) => /"POST",(.*?),?http_route="shop",?(.*?)serin_version/.exec(line)?.slice(1))).toEqual([
      ['http_response_status_code="503"', 'error_type="503",'],
      ['http_response_status_code="404"', ''],
      ['', 'error_type="unanswered",'],
      ['', 'error_type="client-gone",'],
    ]);
  });

  it('has one series for all methods that clients make up', () => {
    const text = textOf((durations) => {
      for (const method of ['PURGE', 'x', 'get', 'PROPFIND']) durations.answered(methodIndex(method), 200, 1);
    });
    expect(text.filter((line) => line.includes('_count'))).toHaveLength(1);
    expect(text.join()).toContain('http_request_method="_OTHER"');
  });

  it('escapes the names that people give', () => {
    expect(textOf((durations) => durations.answered(0, 200, 1), 'a"b\\c\nd').join('\n')).toContain(
      String.raw`serin_version="a\"b\\c\nd"`,
    );
  });
});
