import { expect, it } from 'vitest';
import { formatWeight } from '../../../src/parity/figures.ts';
import { checkInWords } from '../../../src/rollout/words/check-words.ts';
import { placeInWords } from '../../../src/rollout/words/stage-words.ts';
import { apply, policyOf, rolloutIn } from '../../support/rollouts.ts';

it('names stages by their weight, and says another weight that was set', () => {
  expect(['internal', 'step-1', 'bake', 'promoted'].map((stage) => placeInWords(rolloutIn(stage)))).toEqual([
    'the internal phase',
    'the 10 % step',
    'the bake',
    'promoted',
  ]);
  const weighed = apply(rolloutIn('step-1'), { kind: 'weightSet', canaryBps: 1_234 });
  expect(placeInWords(weighed)).toBe('the 10 % step at 12.34 %');
  const listed = policyOf({ consumers: { default: 'stable' }, steps: [{ consumers: 'listed', dwell: '14d' }] });
  expect(placeInWords(rolloutIn('step-1', listed))).toBe('the step of listed consumers');
});

it('names checks by their labels, and one that the policy has no more by its name', () => {
  expect(['clientErrors', 'errors', 'query:gone'].map((check) => checkInWords(check, policyOf()))).toEqual([
    '4xx answers',
    'errors',
    'query:gone',
  ]);
});

it('says weights exactly', () => {
  expect([1, 29, 125, 1_234, 10_000].map(formatWeight)).toEqual(['0.01 %', '0.29 %', '1.25 %', '12.34 %', '100 %']);
});
