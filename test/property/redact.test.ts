import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleOfText, exampleOfValue } from '../../src/redact/example.ts';

const letters = (chars: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...chars.split('')), minLength, maxLength });
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const WORD = `${LOWER}${LOWER.toUpperCase()}0123456789`;
const base64 = letters(`${WORD}+/`, 24, 300).map((text) => `aB3${text}`);
const card = letters('0123456789', 12, 14).map((digits) => {
  const known = `4${digits}`;
  const check = [...Array(10).keys()].find((digit) => luhn(`${known}${digit}`) % 10 === 0);
  return `${known}${check}`;
});
const email = fc.tuple(letters(WORD, 8, 20), letters(LOWER, 3, 20)).map(([who, host]) => `${who}@${host}.org`);
const jwt = fc.tuple(letters(WORD, 10, 90), letters(WORD, 10, 300)).map(([head, body]) => `eyJ${head}.${body}.sig`);
const secret = fc.oneof(base64, card, email, jwt, letters('0123456789abcdef', 32, 128));
const around = fc.array(letters(LOWER, 1, 8), { maxLength: 30 }).map((words) => words.join(' '));

function luhn(digits: string): number {
  return Array.from(digits)
    .toReversed()
    .reduce((sum, digit, at) => {
      const value = at % 2 === 0 ? Number(digit) : 2 * Number(digit);
      return sum + (value > 9 ? value - 9 : value);
    }, 0);
}

const partsOf = (text: string) => Array.from({ length: text.length - 7 }, (_, at) => text.slice(at, at + 8));

describe('an example', () => {
  it('shows no eight characters of a secret, wherever it stands in a text', () => {
    fc.assert(
      fc.property(around, secret, around, fc.constantFrom(' ', '"', '=', ','), (before, hidden, after, mark) => {
        const shown = exampleOfText(`${before}${mark}${hidden}${mark}${after}`);
        for (const part of partsOf(hidden)) expect(shown).not.toContain(part);
      }),
      { seed: 20261130, numRuns: 500 },
    );
  });

  it('shows nothing of a value under the name of a secret, however deep', () => {
    const named = fc.constantFrom('password', 'userEmail', 'API-Key', 'card_no', 'IBAN', 'x-auth-token', 'ssn');
    fc.assert(
      fc.property(named, fc.jsonValue({ maxDepth: 2 }), fc.integer({ min: 0, max: 4 }), (name, value, depth) => {
        const marked = { inner: value, text: 'zqzqzqzq', number: 987_987_987 };
        const document = [...Array(depth).keys()].reduce<unknown>((inner) => ({ a: inner }), { [name]: marked });
        expect(exampleOfValue('', document)).not.toMatch(/zqzqz|98798/);
        expect(exampleOfText(JSON.stringify(document))).not.toMatch(/zqzqz|98798/);
        expect(exampleOfText(JSON.stringify(JSON.stringify(document)))).not.toMatch(/zqzqz|98798/);
      }),
      { seed: 20261130, numRuns: 200 },
    );
  });

  it('is one short line, of anything', () => {
    const any = fc.oneof(fc.string({ unit: 'binary', maxLength: 1_200 }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(any, fc.jsonValue(), (text, value) => {
        for (const shown of [exampleOfText(text), exampleOfValue('/a', value), exampleOfValue('/a', text)]) {
          expect(shown.length).toBeLessThanOrEqual(80);
          expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        }
      }),
      { seed: 20261130, numRuns: 60 },
    );
  });

  it('takes no longer for what was made to take long', () => {
    const units = [
      'a',
      '@',
      '"',
      '\\"',
      '{',
      '+1 ',
      'eyJ',
      'a@',
      'password=',
      'token:"',
      '4 ',
      'AB12 ',
      'bearer ',
      '://a',
    ];
    const began = performance.now();
    for (const unit of units) exampleOfText(unit.repeat(1_000_000 / unit.length));
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
