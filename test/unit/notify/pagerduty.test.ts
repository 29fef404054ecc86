import { describe, expect, it } from 'vitest';
import { type PagerdutyOptions, pagerdutyChannel } from '../../../src/notify/pagerduty.ts';
import { Problem } from '../../../src/problem/problem.ts';
import type { Message } from '../../../src/rollout/message.ts';
import { messageOf } from '../../contract/channel-contract.ts';

const KEY = 'k'.repeat(32);

async function sent(message: Message, eventsUrl?: string, severity?: PagerdutyOptions['severity']) {
  const requests: { url: string; body: unknown }[] = [];
  const channel = pagerdutyChannel({
    routingKey: KEY,
    ...(eventsUrl ? { eventsUrl } : {}),
    ...(severity ? { severity } : {}),
    fetch: async (input, init) => {
      const request = new Request(input, init);
      requests.push({ url: request.url, body: await request.json() });
      return new Response(null, { status: 202 });
    },
  });
  const delivery = await channel.deliver(message, AbortSignal.timeout(1_000));
  return { delivery, requests };
}

describe('pagerdutyChannel', () => {
  it('triggers an alert with one dedup key per rollout', async () => {
    const { requests } = await sent(messageOf('page'));
    expect(requests).toEqual([
      {
        url: 'https://events.pagerduty.com/v2/enqueue',
        body: {
          routing_key: KEY,
          event_action: 'trigger',
          dedup_key: 'serin/payments/0198',
          client: 'Serin',
          payload: {
            summary: messageOf('page').summary,
            severity: 'critical',
            source: 'payments',
            component: 'payments',
            timestamp: '2026-11-20T10:15:00.000Z',
            custom_details: { stage: 'rolled-back', attempt: 1, rollout: '0198', message: '0198-7-page' },
          },
        },
      },
    ]);
  });

  it('resolves with the routing key and dedup key of the trigger', async () => {
    const { requests } = await sent(messageOf('resolve'));
    expect(requests.map(({ body }) => body)).toEqual([
      { routing_key: KEY, event_action: 'resolve', dedup_key: 'serin/payments/0198' },
    ]);
  });

  it('carries the environment, the subject and the link, and takes a severity of its own for a subject', async () => {
    const message = messageOf('page', {
      severity: 'error',
      subject: 'rolledBack',
      environment: 'production',
      link: 'https://serin.example/api/v1/rollouts/0198',
    });
    const { requests } = await sent(message, undefined, { rolledBack: 'critical' });
    expect(requests[0]?.body).toMatchObject({
      client_url: message.link,
      links: [{ href: message.link, text: 'rollout 0198' }],
      payload: {
        severity: 'critical',
        group: 'production',
        class: 'rolledBack',
        custom_details: { environment: 'production', rollout: '0198' },
      },
    });
    const other = await sent(message, undefined, { needsPerson: 'info' });
    expect(other.requests[0]?.body).toMatchObject({ payload: { severity: 'error' } });
  });

  it('delivers a page of before there were subjects, links and environments as it was', async () => {
    const { delivery, requests } = await sent(messageOf('page'), undefined, { rolledBack: 'info' });
    expect(delivery).toEqual({ kind: 'delivered' });
    expect(requests[0]?.body).not.toHaveProperty('links');
    expect(requests[0]?.body).toMatchObject({ payload: { severity: 'critical' } });
  });

  it('sends a promotion as a change event', async () => {
    const { requests } = await sent(messageOf('change'), 'https://events.eu.pagerduty.com');
    expect(requests[0]?.url).toBe('https://events.eu.pagerduty.com/v2/change/enqueue');
    expect(requests[0]?.body).not.toHaveProperty('event_action');
    expect(requests[0]?.body).toMatchObject({ routing_key: KEY, payload: { source: 'payments' } });
  });

  it('keeps the path of an events URL behind a proxy', async () => {
    const { requests } = await sent(messageOf('page'), 'http://proxy.internal:8080/pagerduty');
    expect(requests[0]?.url).toBe('http://proxy.internal:8080/pagerduty/v2/enqueue');
  });

  it('cuts a summary to 1024 units without halving a character', async () => {
    const { requests } = await sent(messageOf('page', { summary: `${'a'.repeat(1022)}🐤🐤` }));
    expect(requests[0]?.body).toMatchObject({ payload: { summary: `${'a'.repeat(1022)}…` } });
  });

  it('refuses a note, which PagerDuty has no place for', async () => {
    const { delivery, requests } = await sent(messageOf('note'));
    expect(delivery).toEqual({ kind: 'rejected', reason: 'PagerDuty takes no notes' });
    expect(requests).toEqual([]);
  });

  it('tells the errors of a refusal', async () => {
    const channel = pagerdutyChannel({
      routingKey: KEY,
      fetch: async () =>
        Response.json(
          { message: 'Event object is invalid', errors: [`routing_key ${KEY} is unknown`, 7] },
          { status: 400 },
        ),
    });
    expect(await channel.deliver(messageOf('page'), AbortSignal.timeout(1_000))).toEqual({
      kind: 'rejected',
      reason: 'it answered 400: Event object is invalid; routing_key [routing key] is unknown',
    });
  });

  it.each(['', '  '])('refuses the empty routing key %j', (routingKey) => {
    expect(() => pagerdutyChannel({ routingKey })).toThrow(Problem);
  });

  it.each(['ftp://events', 'not a url', 'https://user:pass@events.example'])(
    'refuses the events URL %s',
    (eventsUrl) => {
      expect(() => pagerdutyChannel({ routingKey: KEY, eventsUrl })).toThrow('http or https URL without credentials');
    },
  );
});
