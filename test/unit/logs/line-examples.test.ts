import { describe, expect, it } from 'vitest';
import { LineExamples } from '../../../src/logs/examples/line-examples.ts';
import { type LogSighting, sightingOfLog } from '../../../src/stats/logs/log-sighting.ts';
import { logLineOf } from '../../support/log-line.ts';

const DECLINED = 'error pay.Charge: card <*> declined';

function textsOf(examples: LineExamples, asked: LogSighting): readonly string[] {
  const name = sightingOfLog(asked);
  const found = examples.sightings([name]).get(name)?.examples ?? [];
  return found.map(({ track, text }) => `${track}: ${text}`);
}

describe('examples of log lines', () => {
  it('are three different ones of each version, the canary first', () => {
    const examples = new LineExamples();
    for (const id of [1, 1, 2, 3, 4]) examples.note('canary', logLineOf({ message: `card ${id} declined` }), DECLINED);
    examples.note('stable', logLineOf({ message: 'card 9 declined' }), DECLINED);
    expect(textsOf(examples, { of: 'template', name: DECLINED })).toEqual([
      'canary: card 1 declined',
      'canary: card 2 declined',
      'canary: card 3 declined',
      'stable: card 9 declined',
    ]);
    expect(textsOf(examples, { of: 'template', name: 'error : another' })).toEqual([]);
    expect(examples.sightings(['GET /orders/{id} 2xx present /amount'])).toEqual(new Map());
  });

  it('are redacted and cut', () => {
    const examples = new LineExamples();
    const secrets = 'login of ada@example.com with password=hunter2 and card 4242 4242 4242 4242';
    examples.note('canary', logLineOf({ message: secrets }), 'error : login');
    examples.note('canary', logLineOf({ message: 'x'.repeat(1_000) }), 'error : login');
    const texts = textsOf(examples, { of: 'template', name: 'error : login' });
    expect(texts).toHaveLength(2);
    expect(texts.join()).not.toMatch(/ada|hunter|4242/);
    for (const text of texts) expect(text.length).toBeLessThanOrEqual('canary: '.length + 80);
  });

  it('of a call are the lines that tell of it', () => {
    const examples = new LineExamples();
    examples.note(
      'stable',
      logLineOf({ level: 'info', message: 'charged 17', call: 'http bank' }),
      'info : charged <*>',
    );
    expect(textsOf(examples, { of: 'call', name: 'http bank' })).toEqual(['stable: charged 17']);
  });

  it("of a field are the stable's values of it, in what is said beside them, and no secret's", () => {
    const examples = new LineExamples();
    const fields = { 'order.total': 12.5, 'card.number': '4242', trace: undefined };
    examples.note('stable', logLineOf({ message: 'order placed', fields }), 'error : order placed');
    examples.note('canary', logLineOf({ message: 'canary only', fields }), 'error : canary only');
    expect(textsOf(examples, { of: 'field', name: 'order.total' })).toEqual([
      'stable: order.total: 12.5 in order placed',
    ]);
    expect(textsOf(examples, { of: 'field', name: 'card.number' })).toEqual([
      'stable: card.number: [redacted string] in order placed',
    ]);
  });

  it('of a level are one each of the templates that came last', () => {
    const examples = new LineExamples();
    for (const word of ['a', 'b', 'c', 'd', 'a']) {
      examples.note('canary', logLineOf({ message: word }), `error : ${word}`);
    }
    examples.note('canary', logLineOf({ level: 'warn', message: 'w' }), 'warn : w');
    const texts = textsOf(examples, { of: 'level', name: 'error' });
    expect(texts).toEqual(['canary: a', 'canary: d', 'canary: c']);
  });

  it('are bounded: of templates the newest are kept, of fields and calls the first', () => {
    const examples = new LineExamples();
    const kept = (of: 'template' | 'call' | 'field', names: readonly string[]) =>
      names.filter((name) => textsOf(examples, { of, name }).length > 0);
    const names = Array.from({ length: 2_000 }, (_, at) => `n${at}`);
    for (const name of names) {
      const parts = { message: name, call: name, fields: { [name]: 1 } };
      examples.allowMore();
      examples.note('stable', logLineOf(parts), `error : ${name}`);
      examples.note('stable', logLineOf({ level: 'warn', message: name }), `warn : ${name}`);
    }
    const templates = (level: string) => names.map((name) => `${level} : ${name}`);
    expect(kept('template', templates('error'))).toEqual(templates('error').slice(-200));
    expect(kept('template', templates('warn'))).toEqual(templates('warn').slice(-100));
    expect(kept('call', names)).toEqual(names.slice(0, 200));
    expect(kept('field', names)).toEqual(names.slice(0, 500));
  });

  it('are read of so many templates between two looks, so that a flood takes no longer than it does by itself', () => {
    const examples = new LineExamples();
    const flood = () => {
      for (let at = 0; at < 1_000; at++) examples.note('canary', logLineOf({ message: `n${at}` }), `error : n${at}`);
    };
    const ofLast = () => textsOf(examples, { of: 'template', name: 'error : n999' });
    flood();
    expect(ofLast()).toEqual([]);
    examples.allowMore();
    examples.note('canary', logLineOf({ message: 'n999' }), 'error : n999');
    expect(ofLast()).toEqual(['canary: n999']);
  });

  it('look at a bounded number of lines that are all alike', () => {
    const examples = new LineExamples();
    let read = 0;
    const line = logLineOf({ fields: { total: 1 } });
    const counting = {
      ...line,
      fieldValue: () => {
        read += 1;
        return 7;
      },
    };
    for (let at = 0; at < 100; at++) examples.note('stable', counting, 'error : boom');
    expect(read).toBe(10);
  });
});
