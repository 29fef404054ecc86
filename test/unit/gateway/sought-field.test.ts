import { describe, expect, it } from 'vitest';
import { SoughtField } from '../../../src/gateway/http/sought-field.ts';
import { readAnswerHead } from '../../../src/gateway/upstream/answer-head.ts';

function headOf(...lines: string[]) {
  const bytes = Buffer.from(['HTTP/1.1 200 OK', ...lines, 'Content-Length: 0', '', ''].join('\r\n'), 'latin1');
  const head = readAnswerHead(bytes, bytes.length, 'GET')?.head;
  if (!head) throw new Error('no head');
  return head;
}

describe('a field of a head', () => {
  it.each<[string, string[], string[]]>([
    ['x-queries', ['X-Queries: 9', 'Y: 1'], ['9']],
    ['X-Queries', ['x-queries: 9', 'x-queries: '], ['9', '']],
    ['x-queries', ['not-x-queries: 9', 'x-queries-not: 8', 'y: x-queries: 7'], []],
    ['x.q', ['xaq: 1', 'x.q: 2'], ['2']],
    ['x+q*', ['x+q*: ä, "b"'], ['ä, "b"']],
    ['content-length', [], ['0']],
  ])('%s in %j is %j, whether the head passes as it came or not', (name, lines, values) => {
    const field = new SoughtField(name);
    const tidy = headOf(...lines);
    const odd = headOf(...lines, 'Odd:  one');
    expect([tidy.passing === null, odd.passing === null]).toEqual([false, true]);
    expect(field.valuesIn(tidy)).toEqual(values);
    expect(field.valuesIn(odd)).toEqual(values);
    expect(field.valuesAmong(tidy.rawHeaders)).toEqual(values);
  });
});
