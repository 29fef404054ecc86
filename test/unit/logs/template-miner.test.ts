import { describe, expect, it } from 'vitest';
import { TemplateMiner } from '../../../src/logs/templates/template-miner.ts';

const line = (message: string, level: 'error' | 'info' = 'error', logger = 'pay.Charge') => ({
  level,
  logger,
  message,
});

describe('a template', () => {
  it.each([
    ['card 4111 declined', 'card <*> declined'],
    ['took 12.5ms', 'took <*>'],
    ['user=bob id=17 status=500', 'user=<*> id=<*> status=<*>'],
    ['key "a b c" is unknown', 'key <*> is unknown'],
    ["can't open 'x y': it isn't there", "can't open <*>: it isn't there"],
    ['order 0b6fd0a2-7d2c-4f43-9a5e-1f2e3d4c5b6a is gone', 'order <*> is gone'],
    ['at 2026-11-30T18:54:29.123Z from 10.0.0.7:443 and fe80::1:2', 'at <*> from <*> and <*>'],
    ['GET /orders/17/items/a9f3c27e answered', 'GET /orders/<*>/items/<*> answered'],
    ['GET https://pay.internal/charge/17?x=y failed', 'GET https://pay.internal<*> failed'],
    ['trace deadbeef00 at 0xFFee', 'trace <*> at <*>'],
    ['mail to ada@example.com bounced', 'mail to <*> bounced'],
    ['dead beef', 'dead beef'],
    // What is a secret's, or a person's, is in no template.
    ['Password: hunter', 'Password: <*>'],
    ['key AKIAABCDEFGHIJKLMNOP bad', 'key <*> bad'],
    ['login --password hunter of bob@localhost', 'login --password <*> of <*>'],
    ['jwt eyJhbGci.eyJzdWIi.abc refused', 'jwt <*> refused'],
    ['[worker] connection lost (retrying)', '[worker] connection lost (retrying)'],
  ])('of %j is %j', (message, template) => {
    expect(new TemplateMiner().templateOf(line(message))).toBe(`error pay.Charge: ${template}`);
  });

  it('is one of its level and its logger, without the numbers of instances', () => {
    const miner = new TemplateMiner();
    expect(miner.templateOf(line('failed', 'info', 'pool-1-thread-7'))).toBe('info pool-<*>-thread-<*>: failed');
    expect(miner.templateOf(line('', 'error', ''))).toBe('error : ');
  });

  it('is no longer than a sentence', () => {
    const template = new TemplateMiner().templateOf(line('word '.repeat(10_000)));
    expect(template.length).toBeLessThan(400);
    expect(template.endsWith(' <*>')).toBe(true);
  });

  it('keeps texts apart that differ in few words: two errors that name two services', () => {
    const miner = new TemplateMiner();
    const services = ['payments', 'orders', 'stock'];
    const found = services.map((name) => miner.templateOf(line(`connection to ${name} failed`)));
    expect(new Set(found).size).toBe(3);
  });
});

describe('the miner', () => {
  const names = Array.from(
    { length: 40 },
    (_, at) => `user${String.fromCharCode(97 + (at % 26), 97 + Math.floor(at / 26))}`,
  );
  const corpus = [
    ...names.map((name) => `login of ${name} failed`),
    ...names.flatMap((name, at) => [`user ${name} bought ${names[(at * 7) % 40]}`]),
    ...Array.from({ length: 50 }, (_, at) => `order ${at} was paid in ${at * 3} ms`),
    'connection to payments failed',
    'connection to stock failed',
    'cache is cold',
  ];
  const EXPECTED = [
    'cache is cold',
    'connection to payments failed',
    'connection to stock failed',
    'login of <*> failed',
    'order <*> was paid in <*> ms',
    'user <*> bought <*>',
  ];

  /** The same order for a seed. */
  function shuffled(seed: number): readonly string[] {
    let state = seed;
    const next = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state;
    };
    return corpus
      .map((text) => ({ text, at: next() }))
      .toSorted((one, other) => one.at - other.at)
      .map(({ text }) => text);
  }

  it.each([1, 2, 3, 4, 5])('comes to the same templates in any order (%i)', (seed) => {
    const miner = new TemplateMiner();
    for (const text of shuffled(seed)) miner.templateOf(line(text));
    const found = shuffled(seed + 10).map((text) => miner.templateOf(line(text)).replace('error pay.Charge: ', ''));
    expect([...new Set(found)].toSorted()).toEqual(EXPECTED);
  });

  it("finds what a flood of clients' texts has in common, however little that is", () => {
    const miner = new TemplateMiner();
    const word = (at: number) => String(at * 7_919).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
    const found = Array.from({ length: 400 }, (_, at) =>
      miner.templateOf(line(`unknown coupon: ${[1, 2, 3, 4].map((one) => word(at * 4 + one)).join(' ')}`)),
    );
    expect(new Set(found.slice(50))).toEqual(new Set(['error pay.Charge: unknown coupon: <*> <*> <*> <*>']));
    expect(miner.templateOf(line('unknown customer: no such one here'))).not.toContain('<*>');
  });

  it('remembers a bounded number of texts, and errors through a flood of others', () => {
    const miner = new TemplateMiner();
    const letters = (at: number) =>
      Array.from(String(at))
        .map((digit) => String.fromCharCode(97 + Number(digit)))
        .join('');
    miner.templateOf(line('disk is full'));
    for (let at = 0; at < 20_000; at++) miner.templateOf(line(`${letters(at)} ${letters(at * 7)} seen`, 'info'));
    const { size } = miner;
    expect(size).toBeLessThanOrEqual(3_000);
    miner.templateOf(line('disk is full'));
    expect(miner.size).toBe(size);
  });
});
