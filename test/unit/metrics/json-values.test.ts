import { expect, it } from 'vitest';
import { matchersFor } from '../../../src/metrics/matchers.ts';
import { JSON_ENDPOINT, served } from '../../support/query-source.ts';

it.each([
  ['/stats/{{label.pod}}#/n', '/stats/pay-v2'],
  ['/stats/{{label.zone}}#/n', 'refused: {{label.zone}} is a pattern, which a path cannot take'],
  ['/stats#/{{label.zone}}', 'refused: {{label.zone}} is a pattern, which a path cannot take'],
  ['/stats/{{labels}}', 'refused: {{labels}} is for PromQL: a path takes {{label.NAME}}'],
])('a path %s', async (query, outcome) => {
  const asked: (string | undefined)[] = [];
  const url = await served((request, response) => {
    asked.push(request.url);
    response.end('{"n":1}');
  });
  const labels = matchersFor({ pod: 'pay-{{version}}', zone: { '=~': 'a|b' } }, 'v2');
  const words = { version: 'v2', track: 'canary', route: 'pay', labels } as const;
  const source = JSON_ENDPOINT.open(url);
  const taken = await source.take({ query, words, at: 0 }, AbortSignal.timeout(10_000));
  expect(taken.kind === 'refused' ? `refused: ${taken.reason}` : asked[0]).toBe(outcome);
});
