import { contentParity } from '../../policy/checks/answer-checks.ts';
import type { ErrorMargin } from '../../policy/checks/margins.ts';
import type { Policy } from '../../policy/schema.ts';
import { isRuleOnHead } from '../../split/answer-reads.ts';
import type { AnswerCounts } from '../../stats/answers/answer-counts.ts';
import type { Block } from '../../stats/block.ts';
import type { BlockCounts } from '../../stats/evidence/e-value.ts';
import type { RateMargins } from '../../stats/rates/error-rate.ts';
import { formatShare } from '../figures.ts';
import type { CheckName } from '../finding.ts';

export type ShareName = 'content' | 'content:partial' | 'content:unread' | 'content:unfinished';

/** A share of the answers that is told by what they carry, and compared as errors are (docs/statistics.md section 3.22). */
export interface ContentShare {
  readonly name: ShareName;
  /** What sentences call it: `errors in the body`. */
  label(policy: Policy): string;
  readonly reacts: 'rolls-back' | 'holds';
  /** What the events are a share of, in words. */
  readonly of: string;
  /** Whether the policy asks for it. */
  isAsked(policy: Policy): boolean;
  readonly count: (carried: AnswerCounts) => Answers;
  margins(policy: Policy): { readonly harm: ErrorMargin; readonly parity: ErrorMargin };
  isDryRun(policy: Policy): boolean;
}

/** Answers, and those of them that are events. */
export interface Answers {
  readonly of: number;
  readonly events: number;
}

const NONE: Answers = { of: 0, events: 0 };

/** Answers that were not read because the gateway had no room for them: that is about neither version. */
export const NO_ROOM = 'no room';

const readBy =
  (events: 'failed' | 'partial') =>
  ({ content }: AnswerCounts) =>
    content === undefined ? NONE : { of: content.sampled - content.unread, events: content[events] };

function unreadOf({ content }: AnswerCounts): Answers {
  if (content === undefined) return NONE;
  const { sampled, unread, unreadAs = {} } = content;
  const without = Object.hasOwn(unreadAs, NO_ROOM) ? (unreadAs[NO_ROOM] ?? 0) : 0;
  return { of: sampled - without, events: unread - without };
}

/** Every such share, in the order in which findings are shown. */
export const CONTENT_SHARES: readonly ContentShare[] = [
  {
    name: 'content',
    label: (policy) => `errors in the ${asksHeadsOnly(policy) ? 'head' : 'body'}`,
    reacts: 'rolls-back',
    of: 'the answers that were read',
    isAsked: asksForContent,
    count: readBy('failed'),
    margins: marginsOfErrors,
    isDryRun: ({ spec: { checks } }) => checks.errors.dryRun,
  },
  {
    name: 'content:unfinished',
    label: () => 'event streams that ended without their last event',
    reacts: 'rolls-back',
    of: 'the event streams that ended',
    isAsked: asksForEndings,
    count: ({ streams }) => (streams === undefined ? NONE : { of: streams.ended, events: streams.unfinished }),
    margins: marginsOfErrors,
    isDryRun: ({ spec: { checks } }) => checks.errors.dryRun,
  },
  {
    name: 'content:partial',
    label: () => 'answers with data and errors',
    reacts: 'holds',
    of: 'the answers that were read',
    isAsked: ({ spec: { checks } }) => checks.errors.when.some((rule) => 'graphql' in rule && rule.graphql === 'total'),
    count: readBy('partial'),
    margins: ({ spec: { checks } }) => ({ harm: checks.errors.partial.hold, parity: checks.errors.partial.parity }),
    isDryRun: ({ spec: { checks } }) => checks.errors.dryRun || checks.errors.partial.dryRun,
  },
  {
    name: 'content:unread',
    label: () => 'answers that could not be read',
    reacts: 'holds',
    of: 'the answers that should have been read',
    isAsked: asksForContent,
    count: unreadOf,
    margins: ({ spec: { checks } }) => ({ harm: checks.errors.unread.hold, parity: checks.errors.unread.parity }),
    isDryRun: ({ spec: { checks } }) => checks.errors.dryRun || checks.errors.unread.dryRun,
  },
];

/** Whether bodies are read for errors. */
export function asksForContent({ spec: { checks } }: Policy): boolean {
  return checks.errors.when.length > 0;
}

/** Whether the policy says what ends an event stream. */
export function asksForEndings({ spec: { checks } }: Policy): boolean {
  return checks.streams?.end !== undefined;
}

export function contentShare(name: CheckName): ContentShare | null {
  return CONTENT_SHARES.find((share) => share.name === name) ?? null;
}

/** The margin of harm, or of holding, is one line, the parity margin the larger of a ratio and a difference. */
export function contentMargins(policy: Policy, share: ContentShare): RateMargins {
  const { harm, parity } = share.margins(policy);
  return {
    rollback: { rho: 1 + harm.relative, a: harm.absolute },
    parity: [
      { rho: 1 + parity.relative, a: 0 },
      { rho: 1, a: parity.absolute },
    ],
  };
}

export function contentCounts({ count }: ContentShare, { canary, stable }: Block): BlockCounts {
  const ours = canary === null ? NONE : count(canary);
  const theirs = stable === null ? NONE : count(stable);
  return { nc: ours.of, xc: ours.events, ns: theirs.of, xs: theirs.events };
}

/** The share of the answers that is looked at: all of them where their heads say everything that the rules ask. */
export function sampleOfShare(policy: Policy, { name }: ContentShare): number {
  return name === 'content:unfinished' || asksHeadsOnly(policy) ? 1 : policy.spec.checks.errors.sample;
}

function asksHeadsOnly({ spec: { checks } }: Policy): boolean {
  return checks.errors.when.every(isRuleOnHead);
}

/** `, of a sample of 10 %`; empty where every answer is looked at. */
export function sampleInWords(policy: Policy, share: ContentShare): string {
  const sample = sampleOfShare(policy, share);
  return sample === 1 ? '' : `, of a sample of ${formatShare(sample)}`;
}

function marginsOfErrors({ spec: { checks } }: Policy): ReturnType<ContentShare['margins']> {
  const { content, rollback, parity } = checks.errors;
  return { harm: content.rollback ?? rollback, parity: content.parity ?? contentParity(parity) };
}
