import { z } from 'zod';
import { Problem } from '../problem/problem.ts';
import type { Message, PageSubject, Severity } from '../rollout/message.ts';
import { describeFailure, judgeAnswer } from './answer.ts';
import type { Channel, ChannelKind, ChannelOpening } from './channel.ts';

const SUMMARY_LIMIT = 1024;
const REASON_LIMIT = 300;

const severityName = z.literal(['critical', 'error', 'warning', 'info']);

/** `channels.pagerduty` of serin.yaml. */
export const pagerdutyKind: ChannelKind = {
  name: 'pagerduty',
  schema: ({ secret, serviceUrl }) =>
    z
      .strictObject({
        routingKey: secret.describe('Integration key of an Events API v2 service'),
        eventsUrl: serviceUrl
          .optional()
          .describe('Where the Events API answers, when it is not `https://events.pagerduty.com`'),
        severity: z
          .strictObject({
            rolledBack: severityName.optional().describe('Serin rolled back; by default `error`'),
            internalFailed: severityName.optional().describe('Forced requests failed; by default `warning`'),
            harmHeld: severityName
              .optional()
              .describe('Harm was found and `onHarm` is `hold`: the canary still serves; by default `critical`'),
            needsPerson: severityName
              .optional()
              .describe('Only a person can move the rollout on; by default `warning`'),
          })
          .optional()
          .describe('The severity of pages, by their subject'),
      })
      .transform(({ routingKey, eventsUrl, severity }) => ({
        secrets: { routingKey },
        open: (opening: ChannelOpening) =>
          pagerdutyChannel({
            routingKey: opening.secret(routingKey),
            ...(eventsUrl ? { eventsUrl } : {}),
            ...(severity ? { severity } : {}),
          }),
      }))
      .optional()
      .describe('Pages by the PagerDuty Events API v2'),
};

export interface PagerdutyOptions {
  /** Integration key of an Events API v2 service. A secret: sent only in the request's body. */
  readonly routingKey: string;
  /** The address of the Events API. */
  readonly eventsUrl?: string;
  /** Overrides the message's own, by what a page is about. */
  readonly severity?: Readonly<Partial<Record<PageSubject, Severity | undefined>>>;
  readonly fetch?: typeof globalThis.fetch;
  readonly now?: () => number;
}

/**
 * PagerDuty Events API v2: pages and their resolution are alert events, promotions are change events.
 * https://developer.pagerduty.com/docs/events-api-v2-overview
 */
export function pagerdutyChannel(options: PagerdutyOptions): Channel {
  const { routingKey, severity = {}, fetch = globalThis.fetch, now = Date.now } = options;
  if (routingKey.trim() === '') throw new Problem('invalid-input', 'the PagerDuty routing key is empty');
  const base = eventsBase(options.eventsUrl ?? 'https://events.pagerduty.com');

  return {
    name: 'pagerduty',
    takes: ['page', 'resolve', 'change'],
    async deliver(message, signal) {
      if (message.kind === 'note') return { kind: 'rejected', reason: 'PagerDuty takes no notes' };
      const path = message.kind === 'change' ? 'v2/change/enqueue' : 'v2/enqueue';
      try {
        const answer = await fetch(new URL(path, base), {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ routing_key: routingKey, ...eventOf(message, message.kind, severity) }),
          redirect: 'manual',
          signal,
        });
        const explain = (body: string) => explainRefusal(body, routingKey);
        return await judgeAnswer(answer, { delivered: [202], explain }, now());
      } catch (error) {
        return { kind: 'failed', reason: describeFailure(error, signal) };
      }
    },
    async reach(signal) {
      try {
        const answer = await fetch(base, { redirect: 'manual', signal });
        await answer.body?.cancel();
        return null;
      } catch (error) {
        return `${base.host} cannot be reached: ${describeFailure(error, signal)}`;
      }
    },
  };
}

function eventsBase(url: string): URL {
  const parsed = URL.parse(url.endsWith('/') ? url : `${url}/`);
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol) || parsed.username !== '' || parsed.password !== '') {
    throw new Problem('invalid-input', 'the PagerDuty events URL must be an http or https URL without credentials');
  }
  return parsed;
}

function eventOf(
  message: Message,
  kind: 'page' | 'resolve' | 'change',
  severities: NonNullable<PagerdutyOptions['severity']>,
): Record<string, unknown> {
  const { dedupKey, route, rolloutId, subject, environment, link, details, at } = message;
  const severity = (subject && severities[subject]) ?? message.severity;
  const links = link === undefined ? {} : { links: [{ href: link, text: `rollout ${rolloutId}` }] };
  const summary = clip(message.summary, SUMMARY_LIMIT);
  const custom_details = {
    ...details,
    ...(environment === undefined ? {} : { environment }),
    rollout: rolloutId,
    message: message.id,
  };
  switch (kind) {
    case 'page':
      return {
        event_action: 'trigger',
        dedup_key: dedupKey,
        client: 'Serin',
        ...(link === undefined ? {} : { client_url: link }),
        ...links,
        payload: {
          summary,
          severity,
          source: route,
          component: route,
          timestamp: at,
          ...(environment === undefined ? {} : { group: environment }),
          ...(subject === undefined ? {} : { class: subject }),
          custom_details,
        },
      };
    case 'resolve':
      return { event_action: 'resolve', dedup_key: dedupKey };
    case 'change':
      return { payload: { summary, source: route, timestamp: at, custom_details }, ...links };
  }
}

/** At most `limit` UTF-16 units, never half a character. */
function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** `{"status":"invalid event","message":"...","errors":["..."]}`: a server may echo the key, so it is removed. */
function explainRefusal(body: string, routingKey: string): string | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const message = 'message' in parsed && typeof parsed.message === 'string' ? [parsed.message] : [];
  const errors = 'errors' in parsed && Array.isArray(parsed.errors) ? parsed.errors : [];
  const said = [...message, ...errors.filter((error) => typeof error === 'string')].join('; ');
  if (said === '') return null;
  return clip(said.replaceAll(routingKey, '[routing key]').replace(/\p{Cc}+/gu, ' '), REASON_LIMIT);
}
