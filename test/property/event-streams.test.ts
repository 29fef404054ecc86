import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyQueue } from '../../src/gateway/measure/reading/body-queue.ts';
import { eventReader } from '../../src/gateway/measure/reading/event-reader.ts';
import { EventSplitter, type StreamForm } from '../../src/gateway/measure/reading/event-splitter.ts';
import { PostableAnswers } from '../../src/gateway/measure/reading/postable-answers.ts';
import type { AnswerReads } from '../../src/split/answer-reads.ts';
import { noFaults } from '../support/gateway.ts';

/** What matters to a reader of streams, and what does not. */
const piece = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('data: ', 'data:', 'data', '\n', '\r', '\r\n', '\n\n', ':', '\u{feff}', '[DONE]'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('{"usage":{"n":7}}', '{"usage":null}', '{"word":"stop"}', 'é', '🐎', 'id: 1'),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
);
const stream = fc.array(piece, { maxLength: 60 }).map((parts) => Buffer.from(parts.join('')));
/** Where a stream is cut; a place beyond its end is none. */
const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 20 });
const form = fc.constantFrom<StreamForm>('events', 'lines');

function chopped(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at)].filter((place) => place < bytes.length).sort((one, other) => one - other);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

/**
 * The events by the standard's own words (HTML section 9.2.6): the text is decoded, a byte order mark goes, lines are split, and
 * each is processed.
 */
function eventsByTheBook(bytes: Buffer, mostKept: number): (string | null)[] {
  const events: (string | null)[] = [];
  let data: string[] = [];
  const lines = bytes
    .toString('utf8')
    .replace(/^\u{feff}/u, '')
    .split(/\r\n|\n|\r/);
  for (const line of lines.slice(0, -1)) {
    const [, field, value] = /^([^:]*):? ?(.*)$/su.exec(line) ?? [];
    if (line === '') {
      const text = data.join('\n');
      if (data.length > 0) events.push(Buffer.byteLength(text) > mostKept ? null : text);
      data = [];
    } else if (field === 'data') data.push(value ?? '');
  }
  return events;
}

describe('a stream', () => {
  it('has the same events in whatever pieces it comes, and those of the standard', () => {
    fc.assert(
      fc.property(stream, cuts, form, fc.constantFrom(0, 6, 1_000), (bytes, at, as, mostKept) => {
        const events = (pieces: readonly Buffer[]) => {
          const found: (string | null)[] = [];
          const splitter = new EventSplitter(as, mostKept, (data) => found.push(data));
          for (const each of pieces) splitter.push(each);
          splitter.end();
          return found;
        };
        const whole = events([bytes]);
        expect(events(chopped(bytes, at))).toEqual(whole);
        expect(events([...bytes].map((octet) => Buffer.from([octet])))).toEqual(whole);
        if (as === 'events') expect(whole).toEqual(eventsByTheBook(bytes, mostKept));
      }),
      { numRuns: 2_000, seed: 20_261_130 },
    );
  });

  it('is found the same in whatever pieces it comes', () => {
    const reads: AnswerReads = {
      sample: 1,
      failures: [],
      values: { tokens: { lastEvent: '/usage/n' } },
      categories: { finish: { lastEvent: '/word' } },
      own: ['first-event', 'gap', 'event-rate'],
      lastData: '[DONE]',
    };
    fc.assert(
      fc.property(stream, cuts, (bytes, at) => {
        expect(findingsIn(chopped(bytes, at), reads)).toEqual(findingsIn([bytes], reads));
      }),
      { numRuns: 1_000, seed: 20_261_130 },
    );
  });
});

function findingsIn(pieces: readonly Buffer[], reads: AnswerReads): unknown[] {
  const told: unknown[] = [];
  const findings = {
    value: (name: string, value: unknown) => told.push([name, value]) > 0,
    word: (name: string, word: string) => void told.push([name, word]),
    content: () => {},
    streamEnd: (end: string) => void told.push(end),
  };
  const head = {
    status: 200,
    reason: 'OK',
    rawHeaders: ['content-type', 'text/event-stream'],
    passing: null,
    hasDate: false,
    isEventStream: true,
    isJson: false,
    namesPlaces: false,
    body: 'chunked' as const,
    length: null,
  };
  const reader = eventReader(reads, {
    bodies: new BodyQueue(noFaults),
    postable: new PostableAnswers(() => 0),
  })?.({
    head,
    isSampled: true,
    requestId: '1',
    ageMs: () => 5,
    findings,
  });
  for (const piece of pieces) reader?.data?.(piece);
  reader?.end({ trailers: [], ms: 5, isCompared: true, bytes: 0, uploadMs: null }, findings);
  return told;
}
