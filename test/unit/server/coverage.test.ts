import { describe, expect, it } from 'vitest';
import type { Checks, PolicyDocument } from '../../../src/policy/schema.ts';
import { answersIn, unlooked } from '../../../src/server/checks/coverage.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const checksOf = (checks: PolicyDocument['spec']['checks']): Checks =>
  judgePolicy(checks === undefined ? {} : { checks }).spec.checks;
const answers = (parts: Partial<Parameters<typeof unlooked>[2]>) => ({
  json: 0,
  'event-stream': 0,
  tunnel: 0,
  other: 0,
  ...parts,
});
const said = (checks: Checks, parts: Parameters<typeof answers>[0]) =>
  unlooked('shop', checks, answers(parts)).map(({ level, says }) => `${level} ${says}`);

describe('doctor, of what nothing looks at', () => {
  const plain = checksOf({});

  it('warns of event streams that no check reads', () => {
    expect(said(plain, { other: 620, 'event-stream': 380 })).toEqual([
      'warning shop: 38 % of the answers are event streams: no latency check reads them, nor how they end (checks.streams)',
    ]);
    expect(said(checksOf({ streams: { end: '[DONE]' } }), { other: 620, 'event-stream': 380 })).toEqual([
      'ok shop: every kind of answer that comes often is looked at by a check',
    ]);
  });

  it('tells of JSON that is not asked for errors, and of WebSockets', () => {
    expect(said(plain, { json: 500, tunnel: 500 })).toEqual([
      'ok shop: 50 % of the answers open a WebSocket: what passes through it is never looked at',
      'ok shop: 50 % of the answers are JSON: errors inside a 200 are not looked for (checks.errors.when)',
    ]);
  });

  it('warns where rules ask for JSON that never comes', () => {
    const asking = checksOf({ errors: { when: [{ graphql: 'total' }] } });
    expect(said(asking, { json: 20, other: 980 })).toEqual([
      'warning shop: checks.errors.when reads JSON, and 98 % of the answers are something else: nothing is promoted while nothing can be read',
    ]);
    expect(said(checksOf({ errors: { when: [{ header: 'x-failed', is: 'present' }] } }), { other: 980 })).toEqual([
      'ok shop: every kind of answer that comes often is looked at by a check',
    ]);
  });

  it('says nothing of a few answers', () => {
    expect(said(plain, { 'event-stream': 99 })).toEqual([
      'ok shop: 99 answers since the start are too few to say what they are',
    ]);
  });

  it('adds up the versions of a route', () => {
    const text = [
      '# TYPE serin_gateway_answers_total counter',
      'serin_gateway_answers_total{http_route="shop",serin_track="stable",serin_version="v1",kind="json"} 90',
      'serin_gateway_answers_total{http_route="shop",serin_track="canary",serin_version="v\\"2",kind="json"} 10',
      'serin_gateway_answers_total{http_route="shop",serin_track="canary",serin_version="v2",kind="tunnel"} 1e+21',
      'serin_gateway_answers_total{http_route="docs",serin_track="stable",serin_version="v1",kind="other"} 7',
    ].join('\n');
    expect(answersIn(text)).toEqual(
      new Map([
        ['shop', answers({ json: 100, tunnel: 1e21 })],
        ['docs', answers({ other: 7 })],
      ]),
    );
  });
});
