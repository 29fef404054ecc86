import { beforeAll, describe, expect, it } from 'vitest';
import { alikeRuns } from '../bench/answers/alike-runs.ts';
import { FAULTS } from '../bench/answers/faults.ts';
import { type FoundFault, realRun } from '../bench/answers/real-run.ts';
import { CHECKS_SHOWN, virtualOnlookers } from '../bench/answers/shown.ts';

/** Some of each check, found within a minute or two: `npm run bench:answers` has them all. */
const SHORT = [
  'renamed field',
  'date format changed',
  'wrong return',
  'pagination total off',
  'missing downstream call',
  'error body inside a 200',
];
const LIMIT_MS = 240_000;

describe('faults that no status code shows', () => {
  const shown = FAULTS.filter(({ name, seenBy }) => SHORT.includes(name) && CHECKS_SHOWN.includes(seenBy));
  let found: readonly FoundFault[] = [];

  beforeAll(async () => {
    found = await realRun({ faults: shown, perSecond: 40, limitMs: LIMIT_MS });
  }, LIMIT_MS + 60_000);

  it.each(shown.map(({ name }) => name))('%s is found, and named', (name) => {
    const one = found.find(({ fault }) => fault.name === name);
    expect(one?.found, one?.last).not.toBeNull();
  });

  it.each(shown.filter(({ seenBy }) => seenBy === 'responseShape').map(({ name }) => name))(
    '%s is held against what the documents of both versions say',
    (name) => {
      const declared = found.find(({ fault }) => fault.name === name)?.found?.declared;
      const told = name === 'renamed field' ? 'declared-and-seen' : 'seen-and-not-declared';
      expect(declared?.differences).toContainEqual(expect.objectContaining({ told }));
    },
  );
});

it('two versions that are the same program raise no alarm, with all their noise', async () => {
  const { alarms, requests } = await alikeRuns(3, CHECKS_SHOWN, virtualOnlookers);
  expect(alarms).toEqual([]);
  expect(requests.canary).toBeGreaterThan(1_000);
});
