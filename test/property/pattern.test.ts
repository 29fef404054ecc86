import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pattern, PatternFault } from '../../src/split/pattern.ts';

const literal = fc.constantFrom(
  'a',
  'b',
  'A',
  '1',
  ' ',
  '.',
  '\\d',
  '\\w',
  '\\s',
  '\\D',
  '\\.',
  '[ab]',
  '[^a]',
  '[a-c1]',
  '[\\d-]',
);
const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literal,
    fc.tuple(literal, fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}')).map((both) => both.join('')),
    fc.constantFrom('^', '$', ''),
    tie('pattern').map((within) => `(${within})`),
    fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?')).map(([within, times]) => `(?:${within})${times}`),
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `${one}|${other}`),
  ),
  pattern: fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
}));
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', '1', ' ', '.', '\n', '-', 'é'), maxLength: 12 });

describe('a pattern', () => {
  it('is in a text exactly where the regular expression is', () => {
    let matched = 0;
    fc.assert(
      fc.property(pattern, text, fc.boolean(), (source, within, ignoresCase) => {
        let compiled: Pattern;
        try {
          compiled = new Pattern(ignoresCase ? `(?i)${source}` : source);
        } catch (error) {
          expect((error as PatternFault).message).toContain('too long');
          return;
        }
        const isIn = new RegExp(source, ignoresCase ? 'i' : '').test(within);
        expect(compiled.isIn(within)).toBe(isIn);
        if (isIn) matched += 1;
      }),
      { numRuns: 3_000, seed: 20_261_130 },
    );
    expect(matched).toBeGreaterThan(500);
  });

  it.each([
    '(a',
    'a)',
    '[a',
    '[]',
    '*a',
    'a**',
    'a{2',
    'a{3,2}',
    'a{101}',
    '(?=a)',
    '\\1',
    '\\',
    'b-a'.replace(/.*/, '[b-a]'),
  ])('is refused: %s', (source) => {
    expect(() => new Pattern(source)).toThrow(PatternFault);
  });

  it('takes no time that a text could make long', () => {
    const evil = new Pattern('^(a+)+(a|aa)*(.*)*$b');
    expect(evil.isIn('a'.repeat(2_000))).toBe(false);
    expect(() => new Pattern('((((a{100}){100}){100}){100})')).toThrow(PatternFault);
    expect(new Pattern('((((){100}){100}){100}){100}').isIn('')).toBe(true);
    expect(new Pattern('b').isIn(`${'a'.repeat(2_000)}b`)).toBe(false);
  });
});
