import { describe, expect, it } from 'vitest';
import { ndjson } from '../../../src/logs/ways/ndjson.ts';
import { readBy } from '../../contract/log-way-contract.ts';

const read = (text: string | Buffer) => readBy(ndjson, Buffer.from(text));

describe('lines of JSON', () => {
  it.each([
    ['pino', '{"level":50,"time":1800000000500,"name":"pay","msg":"no card"}', ['error', 'pay', 'no card']],
    ['zap', '{"level":"warn","ts":1800000000.5,"logger":"pay","msg":"no card"}', ['warn', 'pay', 'no card']],
    [
      'logback',
      '{"@timestamp":"2027-01-15T08:00:00.500Z","level":"ERROR","logger_name":"pay","message":"no card"}',
      ['error', 'pay', 'no card'],
    ],
    [
      'ECS',
      '{"@timestamp":"2027-01-15T08:00:00.500Z","log.level":"error","log.logger":"pay","message":"no card"}',
      ['error', 'pay', 'no card'],
    ],
    [
      'nested ECS',
      '{"@timestamp":"2027-01-15T08:00:00.500Z","log":{"level":"error","logger":"pay"},"message":"no card"}',
      ['error', 'pay', 'no card'],
    ],
    [
      'structlog',
      '{"timestamp":"2027-01-15T08:00:00.500Z","level":"critical","logger":"pay","event":"no card"}',
      ['error', 'pay', 'no card'],
    ],
    [
      'syslog',
      '{"time":"2027-01-15T08:00:00.500Z","level":3,"logger":"pay","message":"no card"}',
      ['error', 'pay', 'no card'],
    ],
  ])('as %s writes them', (_, text, [level, logger, message]) => {
    expect(read(text).lines).toMatchObject([{ level, logger, message, at: 1_800_000_000_500 }]);
  });

  it('name an exception by its class, as a field or in a trace', () => {
    const traced = { level: 'error', msg: 'charge failed', err: { type: 'TypeError', stack: 'TypeError: x\n at y' } };
    const bare = { msg: 'charge failed', exc_info: 'Traceback (most recent call last):\n  File "x"\nKeyError: 1' };
    expect(read(`${JSON.stringify(traced)}\n${JSON.stringify(bare)}`).lines).toMatchObject([
      { level: 'error', message: 'charge failed [TypeError]' },
      { level: 'error', message: 'charge failed [KeyError]' },
    ]);
  });

  it.each([
    [{ 'db.system': 'postgresql', 'server.address': 'db.internal' }, 'db postgresql'],
    [{ 'rpc.service': 'users.Users', 'server.address': 'x' }, 'rpc users.Users'],
    [{ 'url.full': 'https://Pay.internal:8443/charge?x=1' }, 'http pay.internal'],
    [{ url: { full: 'http://10.0.0.7/charge' } }, 'http <*>'],
    [{ 'http.url': 'no url' }, null],
    [{ 'server.address': 'stock' }, 'http stock'],
  ])('with %j tell of the call %j', (fields, call) => {
    expect(read(JSON.stringify({ msg: 'x', ...fields })).lines[0]?.call).toBe(call);
  });

  it.each(['17', '[]', 'null', '{}', '"x"', '{"level":{}}', '{"message":17}', `${'['.repeat(60_000)}`])(
    'that say nothing are malformed: %s',
    (text) => expect(read(text)).toMatchObject({ lines: [], faults: ['malformed'] }),
  );

  it('are read through invalid UTF-8, empty lines, CRLF, depth and a million keys', () => {
    const keys = Array.from({ length: 6_000 }, (_, at) => `"k${at}":1`).join();
    const deep = `{"msg":"x","a":${'{"b":'.repeat(5_000)}1${'}'.repeat(5_000)}}`;
    const bytes = Buffer.concat([
      Buffer.from(`\n\r\n{"msg":"x",${keys}}\r\n${deep}\n{"msg":"`),
      Buffer.from([0xff, 0xfe, 0xc0]),
      Buffer.from('"}'),
    ]);
    const { lines, faults } = read(bytes);
    expect(faults).toEqual([]);
    expect(lines).toHaveLength(3);
  });
});
