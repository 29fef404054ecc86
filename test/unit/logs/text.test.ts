import { describe, expect, it } from 'vitest';
import { otlpJson } from '../../../src/logs/ways/otlp-json.ts';
import { otlpProtobuf } from '../../../src/logs/ways/otlp-protobuf.ts';
import { textFiles } from '../../../src/logs/ways/text.ts';
import { readBy } from '../../contract/log-way-contract.ts';

describe('lines of text', () => {
  it.each([
    ['ERROR no card', ['error', '', 'no card']],
    ['[WARN] no card', ['warn', '', 'no card']],
    ['2027-01-15T08:00:00.500Z ERROR [main] pay.Charge - no card', ['error', 'pay.Charge', 'no card']],
    ['2027-01-15 08:00:00,500 INFO  pay.Charge: no card', ['info', 'pay.Charge', 'no card']],
    ['[2027-01-15T08:00:00Z] error: no card', ['error', '', 'no card']],
    ['no card', ['info', '', 'no card']],
    ['a word of no level', ['info', '', 'a word of no level']],
    ['TypeError: x is not a function', ['error', '', 'TypeError: x is not a function']],
    ['level=error logger=pay msg="no \\"card\\"" card.kind=debit', ['error', 'pay', 'no "card"']],
  ])('%s', (raw, [level, logger, message]) => {
    expect(readBy(textFiles, Buffer.from(`${raw}\n`)).lines).toMatchObject([{ level, logger, message }]);
  });

  it('go on where they are indented, or name a cause', () => {
    const raw =
      'ERROR charge failed\njava.io.IOException: x\n\tat a.B(C.java:1)\nCaused by: a.NoCardException: y\nINFO on\n';
    expect(readBy(textFiles, Buffer.from(raw)).lines.map(({ message }) => message)).toEqual([
      'charge failed',
      'java.io.IOException: x [a.NoCardException]',
      'on',
    ]);
    expect(readBy(textFiles, Buffer.from('\tat a.B(C.java:1)\nINFO on\n')).lines).toHaveLength(1);
  });
});

describe('OTLP', () => {
  it.each([otlpJson, otlpProtobuf])('refuses as a whole what is not its own ($name)', (way) => {
    const lines = Buffer.from([0x0a, 0x7f, 0x12]);
    expect(() => readBy(way, lines)).toThrow(/it is no/);
    expect(() => readBy(way, Buffer.from('[]'))).toThrow(/it is no/);
  });
});
