import { expect, it } from 'vitest';
import { type LogCounts, MOST_CALLS } from '../../../../src/stats/logs/log-counts.ts';
import { addLogs } from '../../../../src/stats/logs/log-sums.ts';

const logged = (parts: Partial<LogCounts>): LogCounts => ({
  lines: 2,
  malformed: 1,
  levels: { error: 1, warn: 1, info: 0, debug: 0 },
  templates: {},
  fields: {},
  calls: {},
  other: { templates: 0, fields: 0, calls: 1 },
  ...parts,
});

it('sums of logs have every count of both, whatever the names', () => {
  const one = logged({ templates: JSON.parse('{"error a: b":1,"__proto__":2}'), fields: { user: 2 } });
  const two = logged({ templates: JSON.parse('{"__proto__":3,"constructor":1}'), fields: { user: 1 } });
  const sum = addLogs(one, two);
  expect(Object.entries(sum.templates)).toEqual([
    ['error a: b', 1],
    ['__proto__', 5],
    ['constructor', 1],
  ]);
  expect(sum).toMatchObject({ lines: 4, malformed: 2, levels: { error: 2, warn: 2 }, fields: { user: 3 } });
});

it('sums of logs count what is beyond the bounds as other', () => {
  const many = (prefix: string) =>
    Object.fromEntries(Array.from({ length: MOST_CALLS }, (_, at) => [`${prefix} ${at}`, 1]));
  const sum = addLogs(logged({ calls: many('http') }), logged({ calls: { ...many('rpc'), 'http 3': 4 } }));
  expect(Object.keys(sum.calls)).toHaveLength(MOST_CALLS);
  expect(sum.calls['http 3']).toBe(5);
  expect(sum.other.calls).toBe(2 + MOST_CALLS);
});
