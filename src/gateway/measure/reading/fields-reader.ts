import type { AnswerReads, ValueSource } from '../../../split/answer-reads.ts';
import { SoughtField } from '../../http/sought-field.ts';
import type { UpstreamHead } from '../../upstream/upstream-client.ts';
import type { NoValue } from './answer-tally.ts';
import { numberIn, wordIn } from './carried-value.ts';
import type { Findings, ReaderKind } from './reader.ts';
import { durationIn } from './server-timing.ts';

const SERVER_TIMING = new SoughtField('server-timing');

/** Where something is in an answer that has ended: the lines of a field, or the duration of a metric. */
type Find = (head: UpstreamHead, trailers: readonly string[]) => readonly string[] | number | NoValue;

interface Asked {
  readonly name: string;
  readonly find: Find;
  readonly as: 'value' | 'word';
}

/** Numbers and words in the fields of the head and of the trailers. */
export const fieldsReader: ReaderKind = ({ values, categories }) => {
  const asked = [...askedOf(values, 'value'), ...askedOf(categories, 'word')];
  if (asked.length === 0) return null;
  return ({ head }) => ({
    end({ trailers }, findings) {
      for (const each of asked) tell(each, each.find(head, trailers), findings);
    },
  });
};

function askedOf(sources: AnswerReads['values'], as: Asked['as']): readonly Asked[] {
  return Object.entries(sources).flatMap(([name, source]) => {
    const find = findOf(source);
    return find === null ? [] : [{ name, find, as }];
  });
}

/** Null for what no field carries. */
function findOf(source: ValueSource): Find | null {
  if ('serverTiming' in source) return (head) => durationIn(SERVER_TIMING.valuesIn(head), source.serverTiming);
  if ('header' in source) {
    const field = new SoughtField(source.header);
    return (head) => field.valuesIn(head);
  }
  if ('trailer' in source) {
    const field = new SoughtField(source.trailer);
    return (_, trailers) => field.valuesAmong(trailers);
  }
  return null;
}

function tell({ name, as }: Asked, found: ReturnType<Find>, findings: Findings): void {
  if (typeof found !== 'object') {
    if (as === 'value') findings.value(name, found);
    else findings.word(name, typeof found === 'number' ? `${found}` : '');
    return;
  }
  const [text = null] = found;
  if (as === 'word') findings.word(name, wordIn(text ?? ''));
  else findings.value(name, text === null ? 'missing' : found.length > 1 ? 'unusable' : numberIn(text));
}
