import { describe, expect, it, vi } from 'vitest';
import { runProtocol } from '../bench/judge/protocol.ts';
import { markdownOf, updated } from '../bench/judge/report.ts';

const IDS = [
  'J1',
  'J2',
  'J3',
  'J4',
  'J5',
  'J6',
  'J7',
  'J8',
  'J9',
  'J10',
  'J11',
  'J12',
  'J13',
  'J14',
  'J15',
  'J16',
  'J18',
  'J19',
  'J20',
  'J21',
  'J22',
  'J23',
  'J24',
  'J25',
  'J26',
  'J27',
  'J28',
  'J29',
  'J30',
  'J31',
  'J32',
  'J33',
  'J34',
  'J35',
  'J36',
  'J37',
  'J38',
  'J39',
  'J40',
  'J41',
  'J42',
  'J43',
  'J44',
  'J45',
  'J46',
  'J47',
  'J48',
  'J49',
  'J50',
  'J51',
  'J52',
  'J53',
  'J54',
  'J55',
  'J56',
  'J57',
  'J58',
  'J59',
  'J60',
  'J61',
  'J62',
  'J65',
  'J66',
  'J67',
];

describe('the judge benchmark in its shortest form', () => {
  const bench = { seed: 7, size: 'tiny' } as const;
  const rows = withoutChanceAndClock(() => runProtocol(bench));

  it('has every row of the protocol, each with its target', () => {
    expect(rows.map(({ id }) => id)).toEqual(IDS);
    for (const row of rows) {
      expect(row.target).not.toBe('');
      expect(row.cells.length, row.id).toBeGreaterThan(0);
    }
  });

  // No row may ask chance or the clock, so that one of them alone, after all others, shows what is left: what they share.
  it('gives the same figures for the same seed, to the last bit', () => {
    const third = rows.filter((_, at) => at % 3 === 0).toReversed();
    for (const row of third) expect(runProtocol(bench, [row.id])).toContainEqual(row);
  });

  it('rolls back no healthy canary, promotes no bad one and loses nothing over a restart', () => {
    for (const id of [
      'J1',
      'J2',
      'J7',
      'J8',
      'J9',
      'J13',
      'J15',
      'J16',
      'J18',
      'J19',
      'J22',
      'J33',
      'J34',
      'J35',
      'J36',
      'J37',
      'J38',
      'J39',
      'J40',
      'J46',
    ]) {
      expect(rows.find((row) => row.id === id)?.passed, id).toBe(true);
    }
  });

  it('is told with the cost beside the rest', () => {
    const reported = rows.map((row) => ({ ...row, ...bench }));
    const again = reported.filter(({ id }) => id === 'J7').map((row) => ({ ...row, seed: 8 }));
    const text = markdownOf(updated({ rows: reported }, again, 42));
    for (const id of [...IDS, 'J17']) expect(text).toContain(`| ${id} |`);
    expect(text).toContain('| J17 | cost of a look with 600 buckets | 42 us |');
    expect(text).toMatch(/^\| J7 \|.* \| tiny, 8 \|/m);
    expect(text).toMatch(/^\| J8 \|.* \| tiny, 7 \|/m);
  });
});

/** Either would give other figures another time. */
function withoutChanceAndClock<T>(work: () => T): T {
  const asked = (): never => {
    throw new Error('a row of the benchmark asks chance or the clock');
  };
  const spies = [vi.spyOn(Math, 'random'), vi.spyOn(Date, 'now'), vi.spyOn(performance, 'now')];
  for (const spy of spies) spy.mockImplementation(asked);
  try {
    return work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
