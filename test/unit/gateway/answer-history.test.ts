import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import { orderTo } from '../../support/gateway.ts';

const MEASURE = { blockMs: 1_000, errorStatuses: ['5xx'] } as const;

function recorderAt() {
  let now = 1_000_000;
  const recorder = new RouteRecorder(
    clockFrom(() => now),
    orderTo('http://v1', null, { measure: MEASURE }),
    {},
    { slices: 'on', templates: [], assignmentOf: () => 'per-request' },
  );
  const answer = (track: 'stable' | 'canary', by: 'weight' | 'force', path: string, status: number) => {
    const ticket = recorder.begin(track, by);
    ticket.describe('GET', path, null);
    recorder.answered(ticket, status, 'whole');
    recorder.complete(ticket);
  };
  return {
    recorder,
    answer,
    blocks: () => {
      now += 1_000;
      return recorder.collect(null, 300).blocks;
    },
  };
}

describe('what forced requests are answered', () => {
  it('is told with what the stable answered there before the rollout', () => {
    const { recorder, answer, blocks } = recorderAt();
    for (let request = 0; request < 30; request += 1) answer('stable', 'weight', `/orders/${request}`, 200);
    answer('stable', 'weight', '/orders/9', 404);
    blocks();
    recorder.follow(orderTo('http://v1', 'http://v2', { epoch: 2, measure: MEASURE }));
    answer('canary', 'force', '/orders/1', 404);
    answer('canary', 'force', '/orders/2', 404);
    answer('canary', 'force', '/new', 200);
    answer('stable', 'force', '/orders/3', 404);
    const { forced } = blocks().at(-1) ?? {};
    expect(forced?.canary.answers).toEqual([
      { endpoint: 'GET /orders/{id}', status: 404, requests: 2, past: [0, 0, 30, 0, 1, 0, 0, 0] },
      { endpoint: 'GET /new', status: 200, requests: 1, past: [0, 0, 0, 0, 0, 0, 0, 0] },
    ]);
    expect(forced?.stable.answers).toBeUndefined();
  });

  it('is held against nothing where the endpoint has no name of its own', () => {
    const { recorder, answer, blocks } = recorderAt();
    for (let request = 0; request < 30; request += 1) answer('stable', 'weight', '/nowhere', 404);
    recorder.follow(orderTo('http://v1', 'http://v2', { epoch: 2, measure: MEASURE }));
    answer('canary', 'force', '/elsewhere', 404);
    expect(blocks().at(-1)?.forced.canary.answers).toEqual([{ endpoint: 'other', status: 404, requests: 1, past: [] }]);
  });

  it('takes at most 200 answers of a block into the past', () => {
    const { recorder, answer, blocks } = recorderAt();
    for (let request = 0; request < 300; request += 1) answer('stable', 'weight', '/', 200);
    blocks();
    for (let request = 0; request < 10; request += 1) answer('stable', 'weight', '/', 200);
    recorder.follow(orderTo('http://v1', 'http://v2', { epoch: 2, measure: MEASURE }));
    answer('canary', 'force', '/', 200);
    expect(blocks().at(-1)?.forced.canary.answers?.[0]?.past).toEqual([0, 0, 210, 0, 0, 0, 0, 0]);
  });
});
