import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readableLine, readableReason } from '../../../src/policy/names.ts';

const accepts = (schema: z.ZodType, text: string) => schema.safeParse(text).success;
const reason = readableReason(500);
const name = readableLine(100);
/** By what is published: no flag, and nothing but the pattern. */
const published = (schema: z.ZodType) => {
  const { pattern } = z.toJSONSchema(schema, { io: 'input' });
  return new RegExp(pattern ?? '');
};

const INVISIBLE = [
  0x20, 0xa0, 0xad, 0x34f, 0x115f, 0x1160, 0x1680, 0x17b4, 0x180b, 0x180e, 0x2000, 0x200b, 0x200c, 0x200d, 0x202f,
  0x205f, 0x2060, 0x2064, 0x2800, 0x3000, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0x1bca0, 0x1d173, 0xe0001, 0xe0041,
  0xe007f, 0xe0100, 0xe01ef,
];
const STEERING = [
  0x00, 0x07, 0x0b, 0x0c, 0x1b, 0x7f, 0x85, 0x9b, 0x2028, 0x2029, 0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d,
  0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x206a, 0x206f, 0xfff9, 0xfffb,
];
const characterOf = (codes: readonly number[]) => fc.constantFrom(...codes).map((code) => String.fromCodePoint(code));
const seen = fc.constantFrom('a', '7', 'ä', '漢', '🙂', '👩‍🚀', '…', 'می‌خواهم');

describe('a text that people send', () => {
  it('has something that can be seen, whatever invisible is around it', () => {
    const blank = fc.array(characterOf(INVISIBLE), { maxLength: 40 }).map((all) => all.join(''));
    fc.assert(
      fc.property(blank, seen, blank, (before, shown, after) => {
        for (const schema of [reason, name]) {
          expect(accepts(schema, before)).toBe(false);
          expect(accepts(schema, `${before}${shown}${after}`)).toBe(true);
        }
      }),
    );
    expect(reason.safeParse('\u3164').error?.issues[0]?.message).toBe('must say why, in something that can be seen');
  });

  it('has nothing that ends a line or turns its direction, wherever that is', () => {
    fc.assert(
      fc.property(seen, characterOf(STEERING), seen, (before, character, after) => {
        for (const schema of [reason, name]) {
          expect(accepts(schema, `${before}${character}${after}`)).toBe(false);
          expect(accepts(schema, `${before}${character}`)).toBe(false);
          expect(accepts(schema, `${character}${after}`)).toBe(false);
        }
      }),
    );
  });

  it('is on one line, but for a reason', () => {
    for (const end of ['\n', '\r\n', '\t']) {
      expect([accepts(reason, `one${end}two`), accepts(name, `one${end}two`)]).toEqual([true, false]);
    }
  });

  it('is what its published pattern says, but for what has no character up to U+FFFF', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const isBasic = !/[\ud800-\udfff]/.test(text);
        for (const schema of [reason, name]) {
          const matches = published(schema).test(text);
          if (isBasic) expect(accepts(schema, text)).toBe(matches);
          else expect(accepts(schema, text) && !matches).toBe(false);
        }
      }),
    );
  });

  it('is refused at once where it is long', () => {
    const began = performance.now();
    expect(accepts(reason, `${'x'.repeat(200_000)}\u2028`)).toBe(false);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
