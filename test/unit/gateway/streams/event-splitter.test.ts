import { describe, expect, it } from 'vitest';
import { EventSplitter, type StreamForm } from '../../../../src/gateway/measure/reading/event-splitter.ts';

function eventsOf(text: string | Buffer, form: StreamForm = 'events', mostKept = 1_000): (string | null)[] {
  const events: (string | null)[] = [];
  const splitter = new EventSplitter(form, mostKept, (data) => events.push(data));
  splitter.push(Buffer.from(text));
  splitter.end();
  return events;
}

describe('an event stream', () => {
  // HTML section 9.2.6, its examples among them.
  it.each([
    ['lines that end with LF', 'data: one\n\ndata: two\n\n', ['one', 'two']],
    ['with CRLF', 'data: one\r\n\r\ndata: two\r\n\r\n', ['one', 'two']],
    ['with CR', 'data: one\r\rdata: two\r\r', ['one', 'two']],
    ['with each in turn', 'data: one\r\n\ndata: two\r\r\ndata: three\n\r', ['one', 'two', 'three']],
    ['several lines of data', 'data: YHOO\ndata: +2\ndata: 10\n\n', ['YHOO\n+2\n10']],
    ['comments, which are no events', ': alive\n\ndata: one\n: alive\n\n:\n\n', ['one']],
    ['other fields', 'event: add\nid: 7\nretry: 10\ndata: one\n\nevent: ping\nid: 8\n\n', ['one']],
    ['data without a value', 'data\n\ndata\ndata\n\ndata:', ['', '\n']],
    ['one leading space that goes', 'data:test\n\ndata: test\n\ndata:  test\n\n', ['test', 'test', ' test']],
    ['a byte order mark', '\u{feff}data: one\n\n', ['one']],
    ['a second one, which is part of a name', '\u{feff}\u{feff}data: one\n\ndata: two\n\n', ['two']],
    ['names that only begin alike', 'database: one\n\ndat: two\n\nDATA: three\n\n data: four\n\n', []],
    ['an end before the empty line', 'data: one\n\ndata: two\n', ['one']],
    ['UTF-8', 'data: žluťoučký kůň 🐎\n\n', ['žluťoučký kůň 🐎']],
  ])('with %s', (_, text, events) => {
    expect(eventsOf(text)).toEqual(events);
  });

  it('has events that are too long to keep, and others after them', () => {
    const long = 'x'.repeat(30);
    expect(eventsOf(`data: ${long}\n\ndata: one\n\n`, 'events', 20)).toEqual([null, 'one']);
    expect(eventsOf('data: 0123456789\n'.repeat(3), 'events', 20)).toEqual([]);
    expect(eventsOf(`${'data: 0123456789\n'.repeat(3)}\ndata: one\n\n`, 'events', 20)).toEqual([null, 'one']);
    expect(eventsOf(`data: ${'x'.repeat(20)}\n\n`, 'events', 20)).toEqual(['x'.repeat(20)]);
    expect(eventsOf(`: ${long}\n\ndata:\n\n`, 'events', 0)).toEqual(['']);
  });
});

describe('a stream of lines', () => {
  it.each([
    ['the last of which has no end', '{"a":1}\n{"a":2}', ['{"a":1}', '{"a":2}']],
    ['with CRLF, and empty ones', '{"a":1}\r\n\r\n\n{"a":2}\r\n', ['{"a":1}', '{"a":2}']],
    ['with a CR within', '1\r2\n', ['1\r2']],
  ])('%s', (_, text, events) => {
    expect(eventsOf(text, 'lines')).toEqual(events);
  });

  it('has lines that are too long to keep', () => {
    expect(eventsOf(`${'x'.repeat(9)}\n${'x'.repeat(8)}\n`, 'lines', 8)).toEqual([null, 'x'.repeat(8)]);
    expect(eventsOf(`${'x'.repeat(8)}\r\n${'x'.repeat(9)}\r\n`, 'lines', 8)).toEqual(['x'.repeat(8), null]);
  });
});
