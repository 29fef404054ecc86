import { expect, it } from 'vitest';
import { consumerGroups } from '../../../src/policy/checks/consumer-groups.ts';

it('consumers of whom the same is expected are one group', () => {
  expect(
    consumerGroups([
      { consumers: ['acme', 'globex', 'initech'] },
      {},
      { consumers: ['globex', 'initech', 'hooli'] },
      { consumers: ['globex', 'initech', 'umbrella'] },
    ]),
  ).toEqual([
    { name: 'acme', consumers: ['acme'], expects: [0] },
    { name: 'globex and initech', consumers: ['globex', 'initech'], expects: [0, 2, 3] },
    { name: 'hooli', consumers: ['hooli'], expects: [2] },
    { name: 'umbrella', consumers: ['umbrella'], expects: [3] },
  ]);
  const [many] = consumerGroups([{ consumers: ['acme', 'globex', 'initech', 'hooli'] }]);
  expect(many?.name).toBe('acme and 3 more');
  expect(consumerGroups([{}, {}])).toEqual([]);
});
