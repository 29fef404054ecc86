import { formatSpan, formatWeight } from '../../parity/figures.ts';
import type { Policy } from '../../policy/schema.ts';
import type { Actor } from '../event.ts';
import type { SentMessage } from '../message.ts';
import type { AuditEntry, Configuration } from '../record.ts';
import { checkInWords } from '../words/check-words.ts';
import { reasonInWords } from '../words/quote.ts';
import { configAfter, configBefore, type ReportParts } from './report-parts.ts';

/** One line of what happened: an entry of the audit, or a page, and the word that it is over. */
export interface Happened {
  readonly kind: 'decision' | 'page' | 'page-over';
  /** Database time, epoch ms. */
  readonly at: number;
  /** Number of the entry in the audit, its hash and the kind of its event; null for a page. */
  readonly entry: { readonly seq: number; readonly hash: string; readonly event: string } | null;
  /** Null for a page. */
  readonly by: Actor | null;
  /** What it changed, in a few words. */
  readonly title: string;
  /** Why; of a page, what became of it. */
  readonly says: string;
}

/** Everything that happened, in the order of the audit: the clock may have been set back. A page follows the decision that it tells of. */
export function whatHappenedIn({ record, audit, messages }: ReportParts): readonly Happened[] {
  const { policy } = record.rollout;
  const pages = messages.flatMap(pageOf);
  const lastAt = new Map(audit.map(({ at }, index) => [at, index]));
  const decided = audit.flatMap((entry, index) => [
    decisionOf(entry, policy),
    ...pages.filter(({ at }) => lastAt.get(at) === index),
  ]);
  return [...decided, ...pages.filter(({ at }) => !lastAt.has(at))];
}

function decisionOf(entry: AuditEntry, policy: Policy): Happened {
  const { seq, hash, at, actor, event, reason } = entry;
  return {
    kind: 'decision',
    at,
    entry: { seq, hash, event: event.kind },
    by: { name: actor.name, role: actor.role },
    title: titleOf(entry, policy),
    says: reasonInWords(reason, actor),
  };
}

/** `1 % -> 10 %`, `10 % -> 0 %, rolled back`, `p99 skipped`: the move, else the event with what tells it from others of its kind. */
function titleOf(entry: AuditEntry, policy: Policy): string {
  const [before, after] = [configBefore(entry), configAfter(entry)];
  if (before.stage === undefined) return 'started';
  const moved = `${placeName(before)} -> ${placeName(after)}`;
  if (before.stage === after.stage) {
    const weighed = before.canaryBps === after.canaryBps ? '' : `${moved}, `;
    return `${weighed}${eventInWords(entry.event, policy)}`;
  }
  switch (after.stage) {
    case 'rolled-back':
      return `${weights(before, after)}rolled back`;
    case 'aborted':
    case 'superseded':
      return `${weights(before, after)}${after.stage}`;
    case 'promoted':
      return entry.event.kind === 'promoted' ? `promoted, ${eventInWords(entry.event, policy)}` : 'promoted';
    case 'finalised':
      return 'finalised';
    default:
      return moved;
  }
}

function weights(before: Partial<Configuration>, after: Partial<Configuration>): string {
  return before.canaryBps === 0
    ? `in ${before.stage}, `
    : `${placeName(before)} -> ${formatWeight(after.canaryBps ?? 0)}, `;
}

/** A stage by its weight where it has one. */
function placeName({ stage = '', canaryBps = 0 }: Partial<Configuration>): string {
  return stage.startsWith('step-') && canaryBps > 0 ? formatWeight(canaryBps) : stage;
}

function eventInWords(event: AuditEntry['event'], policy: Policy): string {
  const facts: Readonly<Record<string, unknown>> = { ...event };
  switch (event.kind) {
    case 'promoted':
      if (facts['repair'] === true) return 'as a repair, without the bake';
      return facts['full'] === true ? 'without the bake' : 'by hand';
    case 'checkSkipped':
      return `${checkInWords(String(facts['check']), policy)} skipped`;
    case 'deedAsked':
      return `asked for: ${String(facts['command'])}`;
    case 'gateApproved':
      return `gate ${String(facts['gate'])} approved, ${String(facts['approvals'])} of ${String(facts['by'])}`;
    case 'gatePassed':
      return `gate ${String(facts['gate'])} passed`;
    case 'extended':
      return `extended by ${formatSpan(Number(facts['byMs']))}`;
    case 'restored':
      return `put back to before entry ${String(facts['to'])}`;
    case 'undecidedTooLong':
      return 'a person is needed';
    case 'blindTooLong':
      return 'nothing can be seen';
    default:
      return event.kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  }
}

function pageOf({ kind, channel, at, deliveredAt, rejectedAt }: SentMessage): readonly Happened[] {
  if (kind !== 'page' && kind !== 'resolve') return [];
  const [line, title] =
    kind === 'page' ? (['page', `paged: ${channel}`] as const) : (['page-over', `page is over: ${channel}`] as const);
  return [{ kind: line, at, entry: null, by: null, title, says: outcome(at, deliveredAt, rejectedAt) }];
}

function outcome(at: number, deliveredAt: number | null, rejectedAt: number | null): string {
  if (deliveredAt !== null) return `taken after ${seconds(deliveredAt - at)}`;
  return rejectedAt === null ? 'not taken yet' : `refused after ${seconds(rejectedAt - at)}`;
}

/** `0.4 s`, `12 s`, `3 min`. */
function seconds(ms: number): string {
  return ms < 10_000 ? `${(Math.max(0, ms) / 1_000).toFixed(1)} s` : formatSpan(ms);
}
