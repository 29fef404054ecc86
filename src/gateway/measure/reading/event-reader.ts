import type { AnswerReads, ValueSource } from '../../../split/answer-reads.ts';
import { pointerTokens } from '../../../split/json-pointer.ts';
import { SoughtField } from '../../http/sought-field.ts';
import type { UpstreamHead } from '../../upstream/upstream-client.ts';
import { codingOf } from './coding.ts';
import type { StreamForm } from './event-splitter.ts';
import { STREAM_VALUES } from './event-times.ts';
import type { ReaderKind } from './reader.ts';
import { CodedStream, StreamReader } from './stream-reader.ts';

const CONTENT_TYPE = new SoughtField('content-type');
const JSON_LINES = /^application\/(?:(?:x-)?ndjson|jsonl|x-jsonlines)[\t ]*(?:;|$)/i;

/** Event streams, and streams of JSON lines: when their events come, what the last one says, and whether a stream was finished. */
export const eventReader: ReaderKind = ({ own, lastData, values, categories }) => {
  const timed = STREAM_VALUES.filter((name) => own.includes(name));
  const pointers = { values: pointersOf(values), categories: pointersOf(categories) };
  const isAsked = pointers.values.size + pointers.categories.size > 0;
  if (timed.length === 0 && lastData === null && !isAsked) return null;
  return (answer) => {
    const form = formOf(answer.head);
    if (form === null) return null;
    const asked = {
      timed,
      lastData: form === 'events' ? lastData : null,
      pointers: isAsked && answer.isSampled ? pointers : null,
    };
    return codingOf(answer.head) !== 'identity' ? new CodedStream(asked) : new StreamReader(form, asked, answer);
  };
};

function pointersOf(sources: AnswerReads['values']): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries<ValueSource>(sources).flatMap(([name, source]) =>
      'lastEvent' in source ? [[name, pointerTokens(source.lastEvent)] as const] : [],
    ),
  );
}

function formOf(head: UpstreamHead): StreamForm | null {
  if (head.body === 'none') return null;
  if (head.isEventStream) return 'events';
  // What has a length was complete before its head went out.
  if (head.body === 'sized') return null;
  return JSON_LINES.test(CONTENT_TYPE.valuesIn(head)[0] ?? '') ? 'lines' : null;
}
