import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import type { MessageView } from '../../../src/api/views/message-view.ts';
import type { PinnedPolicyView } from '../../../src/api/views/policy-view.ts';
import { digestPolicy } from '../../../src/policy/digest.ts';
import { readPolicy } from '../../../src/policy/read.ts';
import type { SentMessage } from '../../../src/rollout/message.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';
import { policyOf, T0 } from '../../support/rollouts.ts';

const policy = policyOf();
let control: FakeControl;
let app: ReturnType<typeof controlApi>;
let id: string;

beforeEach(async () => {
  control = fakeControl(policy);
  app = controlApi(control);
  const by = { name: 'ada', role: 'operator' } as const;
  const asked = { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', replace: false, force: false, reason: 'v2' };
  id = (await control.rollouts.start(asked, by)).record.rollout.id;
});

async function details<T>(what: string): Promise<T> {
  const headers = { authorization: `Bearer ${TOKENS.viewer}` };
  const answer = await app.request(`/api/v1/rollouts/${id}/${what}`, { headers });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

const sent = (more: Partial<SentMessage>): SentMessage => ({
  kind: 'page',
  channel: 'pagerduty',
  at: T0,
  deliveredAt: null,
  rejectedAt: null,
  lastError: null,
  ...more,
});

describe('GET /rollouts/{id}/messages', () => {
  it('says of each what became of it, and of what nobody sent yet that it waits', async () => {
    control.mood.messages = [
      sent({ kind: 'note', channel: 'console' }),
      sent({ deliveredAt: T0 + 400 }),
      sent({ rejectedAt: T0 + 500, lastError: 'it answered 400' }),
    ];
    expect(await details('messages')).toEqual([
      { ...wrote('note', 'console'), deliveredAt: null, rejectedAt: null, lastError: null },
      { ...wrote('page', 'pagerduty'), deliveredAt: '2026-01-01T00:00:00.400Z', rejectedAt: null, lastError: null },
      {
        ...wrote('page', 'pagerduty'),
        deliveredAt: null,
        rejectedAt: '2026-01-01T00:00:00.500Z',
        lastError: 'it answered 400',
      },
    ]);
  });

  const wrote = (kind: string, channel: string) => ({ kind, channel, at: '2026-01-01T00:00:00.000Z' });

  it('hides what a channel quotes of secrets, and keeps all of the rest', async () => {
    const lastError = `it answered 403: Bearer abcdef.ghijkl is not known; password=hunter2\nask ada@example.org ${'x '.repeat(60)}end`;
    control.mood.messages = [sent({ lastError })];
    const [message] = await details<MessageView[]>('messages');
    expect(message?.lastError).toBe(
      `it answered 403: [secret] is not known; password=[redacted] ask [email] ${'x '.repeat(60)}end`,
    );
  });

  it('has a page of a hundred, and the way to the next, whatever was sent meanwhile', async () => {
    control.mood.messages = Array.from({ length: 150 }, (_, at) => sent({ at: T0 - at }));
    const messages = await details<MessageView[]>('messages');
    expect([messages.length, messages[0]?.at]).toEqual([100, '2026-01-01T00:00:00.000Z']);
    control.mood.messages = [sent({ at: T0 + 1 }), ...control.mood.messages];
    const rest = await details<MessageView[]>('messages?limit=100&cursor=50');
    expect([rest.length, rest[0]?.at]).toEqual([50, new Date(T0 - 100).toISOString()]);
    expect(await details<MessageView[]>('messages?cursor=999')).toHaveLength(100);
  });
});

describe('GET /rollouts/{id}/policy', () => {
  it('is a policy that reads as the one that the rollout keeps', async () => {
    const { yaml, digest } = await details<PinnedPolicyView>('policy');
    expect(digest).toBe('sha256:first');
    expect(readPolicy(yaml, 'p.yaml')).toMatchObject({ ok: true, digest: digestPolicy(policy) });
  });

  it('tells a policy that was not edited from one that is gone', async () => {
    expect(await details('policy')).toMatchObject({ current: { digest: 'sha256:first', diff: [], issues: [] } });
    control.mood.policyNow = { kind: 'gone' };
    expect(await details('policy')).toMatchObject({ current: null });
  });

  it('says at which places the declared one differs now', async () => {
    const loaded = { policy: policyOf({ finalise: 'manual', guards: { p99: '800ms' } }), digest: 'sha256:edited' };
    control.mood.policyNow = { kind: 'valid', loaded };
    expect((await details<PinnedPolicyView>('policy')).current).toEqual({
      digest: 'sha256:edited',
      diff: [
        { path: 'spec.finalise', before: 'automatic', after: 'manual' },
        { path: 'spec.guards.p99', before: null, after: '800ms' },
      ],
      issues: [],
    });
  });

  it('says where the files are wrong while they are', async () => {
    const issue = { path: 'spec.steps', message: 'must rise', place: { file: 'p.yaml', line: 5, column: 3 } };
    control.mood.policyNow = { kind: 'invalid', issues: [issue] };
    expect(await details('policy')).toMatchObject({ current: { digest: null, diff: [], issues: [issue] } });
  });
});

describe('the details of a rollout that there is not', () => {
  it.each(['messages', 'policy'])('%s: are not found', async (what) => {
    const headers = { authorization: `Bearer ${TOKENS.viewer}` };
    for (const unknown of ['019ac000-0000-7000-8000-000000000099', 'nonsense']) {
      const answer = await app.request(`/api/v1/rollouts/${unknown}/${what}`, { headers });
      expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'not-found' }]);
    }
  });
});
