import { describe, expect, it } from 'vitest';
import { asSentence, legible, said } from '../../../src/dashboard/words/said.ts';

describe('a text of a stranger', () => {
  it('controls nothing', () => {
    expect(legible('\u001b[31mred\u202egnp.exe\u0000')).toBe('\ufffd[31mred\ufffdgnp.exe\ufffd');
    expect(legible('two\nlines')).toBe('two\nlines');
    expect(said('p99 212 ms is within 26.9 %')).toBe('p99 212\u00a0ms is within 26.9\u00a0%');
    expect(asSentence('no evidence of harm')).toBe('No evidence of harm.');
  });
});
