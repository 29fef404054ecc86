import { describe, expect, it } from 'vitest';
import {
  glued,
  grouped,
  lasting,
  latency,
  measure,
  percent,
  times,
  weightText,
} from '../../../src/dashboard/words/figures.ts';

/** With the no-break spaces as spaces, for reading. */
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');

describe('figures', () => {
  it('have three digits that count', () => {
    expect([0, 0.0018, 0.048, 0.5, 1].map((share) => spaced(percent(share)))).toEqual([
      '0 %',
      '0.18 %',
      '4.80 %',
      '50.0 %',
      '100 %',
    ]);
    expect([0.4, 38, 212.4, 1_240].map((ms) => spaced(latency(ms)))).toEqual(['0.4 ms', '38.0 ms', '212 ms', '1.24 s']);
  });

  it('are dashes where there is none', () => {
    expect(measure(null, 'share')).toBe('–');
    expect(spaced(measure(12_345, 'value', 'EUR'))).toBe('12,345 EUR');
    expect(measure(0.02314, 'value')).toBe('0.0231');
  });

  it('of weights say basis points exactly', () => {
    expect([0, 1, 100, 1_250, 10_000].map((bps) => spaced(weightText(bps)))).toEqual([
      '0 %',
      '0.01 %',
      '1 %',
      '12.5 %',
      '100 %',
    ]);
  });

  it('of evidence never overflow', () => {
    expect([-9, -4, 0, Math.log(1.4), Math.log(1_000), Math.log(1_923), 13 * Math.LN10, 5_000].map(times)).toEqual([
      'below\u00a0×0.001',
      '×0.02',
      '×1.0',
      '×1.4',
      '×1,000',
      '×1,900',
      '×10¹³',
      '×10²¹⁷¹',
    ]);
  });

  it('of time have two units', () => {
    const cases = [0, 35_000, 315_000, 4_740_000, 273_600_000, 3_600_000, -5];
    expect(cases.map((ms) => spaced(lasting(ms)))).toEqual([
      '0 s',
      '35 s',
      '5 m 15 s',
      '1 h 19 m',
      '3 d 4 h',
      '1 h',
      '0 s',
    ]);
  });

  it('are kept together with their unit in sentences', () => {
    expect(glued('p99 212 ms against 204 ms; 4.8 % of 1,204')).toBe(
      'p99 212\u00a0ms against 204\u00a0ms; 4.8\u00a0% of 1,204',
    );
    expect(glued('10 minutes')).toBe('10 minutes');
    expect(grouped(61_300.4)).toBe('61,300');
  });
});
