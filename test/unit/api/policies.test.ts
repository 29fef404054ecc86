import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import type { PolicyCheck } from '../../../src/api/policy-control.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;

beforeEach(() => {
  control = fakeControl();
  app = controlApi(control);
});

const check = (body: unknown) =>
  app.request('/api/v1/policies/check', {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKENS.operator}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('POST /api/v1/policies/check', () => {
  it('answers with all that was found, faults of the policy among it', async () => {
    const found: PolicyCheck = {
      route: 'payments',
      issues: [
        { path: 'spec', message: 'it selects nothing', place: { file: 'p.yaml', line: 1, column: 2 }, excerpt: 'x\n^' },
        { path: '', message: 'another' },
      ],
      unreachable: ['the source cannot be reached'],
      answers: [
        {
          what: 'cpu',
          source: 'prometheus',
          track: 'canary',
          version: 'v2',
          outcome: 'value',
          value: [1, 2],
          says: '2 values: 1, 2',
        },
      ],
      notes: ['the route is sticky'],
    };
    control.mood.policyCheck = () => found;
    const answer = await check({ text: 'x', file: 'p.yaml' });
    expect([answer.status, await answer.json()]).toEqual([200, found]);
  });

  it.each([
    [{}, '#/text'],
    [{ text: 'x', file: 'a\nb' }, '#/file'],
    [{ text: 'x', canary: '' }, '#/canary'],
    [{ text: 'x', rout: 'payments' }, '#/rout'],
  ])('%j is refused at %s', async (body, pointer) => {
    const answer = await check(body);
    expect([answer.status, await answer.json()]).toEqual([
      422,
      expect.objectContaining({ errors: [{ pointer, detail: expect.any(String) }] }),
    ]);
  });

  it('takes a policy of 64 KiB, whatever JSON makes of it, and none that is longer', async () => {
    expect((await check({ text: '"'.repeat(65_536) })).status).toBe(200);
    expect((await check({ text: 'x'.repeat(65_537) })).status).toBe(422);
    expect((await check({ text: 'x'.repeat(300_000) })).status).toBe(413);
  });
});
