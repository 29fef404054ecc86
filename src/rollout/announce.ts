import type { Happening } from './event.ts';
import type { Evidence } from './evidence.ts';
import { type Message, type MessageKind, PAGE_SEVERITY, type PageSubject, type Severity } from './message.ts';
import { pageFacts } from './page-facts.ts';
import { rolledBackSentence, sentence } from './sentence.ts';
import type { Rollout } from './state.ts';

/** What serin.yaml says about the installation. */
export interface Installation {
  readonly environment?: string;
  readonly publicUrl?: string;
}

/** One page per rollout: a second trigger with the same key is the same page. */
export function dedupKey(rollout: Rollout): string {
  return `serin/${rollout.route}/${rollout.id}`;
}

/**
 * The messages for a change. Pages are for a rollback by Serin or when a person is needed; everything else, including
 * operator actions, is a note. The id combines the rollout, its version and the kind, so a repeated commit sends one message.
 */
export function announce(
  before: Rollout,
  after: Rollout,
  happening: Happening,
  evidence: Evidence,
  installation: Installation = {},
): readonly Message[] {
  const { event, at } = happening;
  const { environment, publicUrl } = installation;
  const compose = (kind: MessageKind, severity: Severity, summary: string, subject?: PageSubject): Message => ({
    id: `${after.id}-${after.version}-${kind}`,
    kind,
    severity,
    ...(subject ? { subject } : {}),
    ...(environment === undefined ? {} : { environment }),
    ...(publicUrl === undefined ? {} : { link: rolloutLink(publicUrl, after) }),
    dedupKey: dedupKey(after),
    route: after.route,
    rolloutId: after.id,
    summary: `${environment === undefined ? '' : `[${environment}] `}${summary}`,
    details: pageFacts({ before, after, event, evidence, at, subject: subject ?? null }),
    at: new Date(at).toISOString(),
  });
  const page = (subject: PageSubject, summary: string) => compose('page', PAGE_SEVERITY[subject], summary, subject);

  const messages: Message[] = [];
  const entered = before.stage !== after.stage;
  const said = sentence(before, after, happening);
  if (before.openPage !== null && after.openPage === null) messages.push(compose('resolve', 'info', said));
  if (entered && after.openPage === 'rolled-back') {
    const subject = event.kind === 'internalFailed' ? 'internalFailed' : 'rolledBack';
    messages.push(page(subject, rolledBackSentence(before, after)));
  } else if (event.kind === 'harmHeld') {
    messages.push(
      page('harmHeld', `${after.route}: ${after.canary.version} is harmful and needs a person: ${after.reason}`),
    );
  } else if (after.openPage !== null && (before.openPage === null || event.kind === 'undecidedTooLong')) {
    messages.push(page('needsPerson', `${after.route}: ${after.canary.version} needs a person: ${after.reason}`));
  } else if (entered && after.stage.kind === 'promoted') {
    messages.push(compose('change', 'info', said));
  } else if (event.kind !== 'pageResolved') {
    messages.push(compose('note', 'info', said));
  }
  return messages;
}

function rolloutLink(publicUrl: string, { id }: Rollout): string {
  return new URL(`api/v1/rollouts/${id}`, publicUrl.endsWith('/') ? publicUrl : `${publicUrl}/`).href;
}
