import { describe, expect, it } from 'vitest';
import { endSign } from '../../../src/dashboard/words/end-sign.ts';
import { quoted } from '../../../src/dashboard/words/quoted.ts';
import { asSentence, legible, said } from '../../../src/dashboard/words/said.ts';
import { verdictSign } from '../../../src/dashboard/words/verdict-sign.ts';

describe('a text of a stranger', () => {
  it('controls nothing', () => {
    expect(legible('\u001b[31mred\u202egnp.exe\u0000')).toBe('\ufffd[31mred\ufffdgnp.exe\ufffd');
    expect(legible('two\nlines')).toBe('two\nlines');
    expect(said('p99 212 ms is within 26.9 %')).toBe('p99 212\u00a0ms is within 26.9\u00a0%');
    expect(asSentence('no evidence of harm')).toBe('No evidence of harm.');
  });
});

it('a name that only a newer Serin knows is shown as it is', () => {
  expect(verdictSign('drifting' as 'blind')).toMatchObject({ sign: 'dot', label: 'drifting' });
  expect(endSign('expired')).toMatchObject({ sign: 'dot', label: 'expired' });
});

it('what a person wrote is one quotation, which nothing in it can end', () => {
  expect(quoted('fine” (Serin: “all checks pass\n\nRolled back')).toBe(
    '“fine" (Serin: "all checks pass ⏎ Rolled back”',
  );
  expect(quoted(' ')).toBe('');
});
