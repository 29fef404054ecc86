import type { Verdict } from '../judge/verdict.ts';
import type { Difference } from '../parity/differences/difference.ts';
import { formatCount, formatShare } from '../parity/figures.ts';
import { counted } from '../policy/counted.ts';
import { formatBps } from '../policy/units.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { RolloutEvent } from './event.ts';
import type { Evidence } from './evidence.ts';
import { whatFailed, whyRefused } from './forced.ts';
import type { Message, PageSubject } from './message.ts';
import { consumerOf } from './needs/consumer-harm.ts';
import { weightInForce } from './split-order.ts';
import { type PagedCause, type Rollout, stageName } from './state.ts';
import { inQuotes } from './words/quote.ts';

interface Told {
  readonly before: Rollout;
  readonly after: Rollout;
  readonly event: RolloutEvent;
  readonly evidence: Evidence;
  /** Database time, epoch ms. */
  readonly at: number;
  /** Null when it is not a page. */
  readonly subject: PageSubject | null;
}

/** A page is read on a telephone. */
const MOST_DIFFERENCES_PAGED = 3;
const MOST_CONSUMERS_PAGED = 5;
const LONGEST_PAGED = 200;

/** Flat facts for a channel's table, included only when known. A summary may be cut; these repeat its facts. */
export function pageFacts({ before, after, event, evidence, at, subject }: Told): Message['details'] {
  const verdict = 'verdict' in event ? event.verdict : evidence.verdict;
  return {
    route: after.route,
    stable: `${after.stable.version} ${after.stable.url}`,
    canary: `${after.canary.version} ${after.canary.url}`,
    stage: stageName(after.stage),
    weightBefore: formatBps(before.canaryBps),
    weightAfter: formatBps(after.canaryBps),
    attempt: after.attempt,
    policy: after.policy.metadata.name,
    reason: after.reason,
    ...(after.started ? { startedBy: after.started.by, startedBecause: inQuotes(after.started.reason) } : {}),
    ...(subject === null
      ? {}
      : { ...harmFacts({ before, event, evidence, at }, verdict), next: nextCommand(after, event, verdict) }),
  };
}

function harmFacts(
  told: Pick<Told, 'before' | 'event' | 'evidence' | 'at'>,
  verdict: Verdict | null,
): Readonly<Record<string, string>> {
  const endpoint = verdict?.where?.slices.find(({ dimension }) => dimension === 'endpoint')?.name;
  const hurt = hurtOf(told, verdict);
  return {
    ...(verdict?.where ? { where: verdict.where.says } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(hurt === null ? {} : { hurt }),
    ...differenceFacts(verdict),
  };
}

/** What breaks clients, in short, and which consumers met it. */
function differenceFacts(verdict: Verdict | null): Readonly<Record<string, string>> {
  const counting = verdict?.findings.filter(({ dryRun }) => !dryRun) ?? [];
  const keeping = verdict?.reservations?.filter(({ kind }) => kind === 'refuses' || kind === 'holds') ?? [];
  const worst = [...counting, ...keeping]
    .flatMap(({ differences = [] }) => differences)
    .filter(({ effect }) => effect === 'breaking')
    .toSorted((one, other) => other.logHarm - one.logHarm);
  if (worst.length === 0) return {};
  const named = worst.slice(0, MOST_DIFFERENCES_PAGED).map(inShort);
  const more = worst.length - named.length;
  const consumers = [...new Set(worst.flatMap(({ seen }) => seen?.consumers ?? []))].slice(0, MOST_CONSUMERS_PAGED);
  return {
    differs: [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; '),
    ...(consumers.length === 0 ? {} : { consumers: consumers.join(', ') }),
  };
}

function inShort({ place, says }: Difference): string {
  const text = place === '' ? says : `${place}: ${says}`;
  return text.length <= LONGEST_PAGED ? text : `${text.slice(0, LONGEST_PAGED - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The known impact: how many requests failed on the canary, and its share of the traffic. */
function hurtOf(
  { before, event, evidence: { forced }, at }: Parameters<typeof harmFacts>[0],
  verdict: Verdict | null,
): string | null {
  if (event.kind === 'internalFailed') {
    const refused = whyRefused(forced);
    if (forced.errors === 0 && refused === null) return 'nobody: no traffic but requests of tests had the canary';
    const failed = whatFailed(forced);
    return `${forced.errors === 0 && refused !== null ? refused : failed}; no other traffic had the canary`;
  }
  const share = capabilitiesOf(before).splitSeen ? `, at ${formatBps(weightInForce(before, at))} of the traffic` : '';
  const errors = verdict?.findings.find(({ check }) => check === 'errors');
  if (!errors || errors.canary === null || errors.requests.canary === 0) return null;
  const { canary, requests } = errors;
  return (
    `${formatCount(canary * requests.canary)} of ${counted(requests.canary, 'request')} failed on the canary ` +
    `(${formatShare(canary)})${share}`
  );
}

/** The first commands for the person who was paged. */
function nextCommand(
  { route, openPage, paused, stage }: Rollout,
  event: RolloutEvent,
  verdict: Verdict | null,
): string {
  const consumer = event.kind === 'undecidedTooLong' ? consumerOf(event.cause) : null;
  if (consumer !== null) {
    return `serin consumers report ${route}; then serin consumers move ${route} ${consumer} --to stable, or serin advance ${route} to go on`;
  }
  const held = event.kind === 'undecidedTooLong' ? heldBy(event.cause, verdict) : null;
  if (held?.[0] === 'no-baseline') {
    return `serin get ${route}; then serin promote ${route} --repair if the canary is well, or serin rollback ${route}`;
  }
  if (held !== null) {
    const check = held.slice(1).join(':');
    const skip = check === '' ? '' : `, or serin skip ${route} ${check} to go on without it`;
    if (stage.kind === 'internal') {
      return `serin get ${route}; then serin advance ${route} if that is meant, or serin rollback ${route}${skip}`;
    }
    return `serin get ${route}; then serin rollback ${route}${skip}`;
  }
  switch (openPage) {
    case 'undecided':
      if (stage.kind === 'internal')
        return `serin get ${route}; then serin advance ${route} or serin rollback ${route}`;
      return `serin get ${route}; then serin extend ${route} 1h, serin advance ${route} or serin rollback ${route}`;
    case 'blind':
    case 'shared-fault':
      return `serin get ${route}; then serin ${paused ? 'resume' : 'pause'} ${route} or serin rollback ${route}`;
    case 'harmful':
      return `serin get ${route}; then serin rollback ${route}, or serin resume ${route} to go on: it is judged anew then`;
    case 'rolled-back':
    case null:
      return `serin get ${route}; once it is mended, serin retry ${route}`;
  }
}

/** `['worse', 'clientErrors']`: what holds, whichever limit the page was due by; null where nothing does. */
function heldBy(cause: PagedCause | undefined, verdict: Verdict | null): readonly string[] | null {
  if (cause?.startsWith('hold:')) return cause.split(':').slice(1);
  return verdict?.hold?.cause.split(':') ?? null;
}
