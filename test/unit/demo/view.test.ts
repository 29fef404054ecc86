import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { ActResult } from '../../../src/demo/act.ts';
import { lineView } from '../../../src/demo/view.ts';

const said = (served: Pick<ActResult, 'canaryRequests' | 'forcedRequests'>) => {
  const lines: string[] = [];
  const plan = {
    title: 'it is renamed',
    canaryUrl: 'http://127.0.0.1:9004/',
    version: 'v4',
    ends: 'rolled-back',
  } as const;
  const result = { plan, asItShould: true, stage: 'rolled-back', seconds: 3.3, reason: '/amount is gone', ...served };
  lineView((line) => lines.push(stripVTControlCharacters(line))).result(result);
  return lines.join('').split('\n')[0];
};

it('the demonstration says whose requests an ended version had served', () => {
  expect(said({ canaryRequests: 0, forcedRequests: 25 })).toBe(
    '✓ v4 rolled-back after 3.3 s and 25 requests of tests, 0 of users',
  );
  expect(said({ canaryRequests: 1_204, forcedRequests: 25 })).toBe(
    '✓ v4 rolled-back after 3.3 s and 1,204 canary requests',
  );
});
