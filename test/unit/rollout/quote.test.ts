import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SERIN } from '../../../src/rollout/event.ts';
import { inQuotes, reasonInWords, saidBy } from '../../../src/rollout/words/quote.ts';

const ADA = { name: 'ada', role: 'operator' } as const;

describe('what a person wrote', () => {
  it('is one line between quotation marks, which it cannot end itself', () => {
    expect(inQuotes(' it’s “fine”\n or so ')).toBe('“it’s "fine" or so”');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (words) => {
        const quote = inQuotes(words);
        expect([quote.at(0), quote.at(-1)]).toEqual(['“', '”']);
        expect(quote.slice(1, -1)).not.toMatch(/[“”„‟«»\n\r\u2028\u2029]/);
      }),
    );
  });

  it("is quoted behind its name, and a sentence of Serin's is not", () => {
    const lie = 'rolled back: everything is fine';
    expect(saidBy(ADA, lie)).toBe('ada: “rolled back: everything is fine”');
    expect(reasonInWords(lie, ADA)).toBe('“rolled back: everything is fine”');
    // A token may be called serin: the role tells.
    expect(reasonInWords(lie, { role: 'admin' })).toBe('“rolled back: everything is fine”');
    expect(reasonInWords(lie, null)).toBe('“rolled back: everything is fine”');
    expect(reasonInWords(lie, SERIN)).toBe(lie);
  });
});
