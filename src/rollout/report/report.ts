import type { Verdict } from '../../judge/verdict.ts';
import { counted } from '../../policy/counted.ts';
import { policyYaml } from '../../policy/digest.ts';
import type { SentMessage } from '../message.ts';
import type { AuditEntry } from '../record.ts';
import { type Cost, soFarOf } from '../so-far/so-far.ts';
import { TRAIL_KEPT_MS } from '../so-far/trail.ts';
import { isEnded, stageName } from '../state.ts';
import { type Happened, whatHappenedIn } from './happened.ts';
import { leadOf, reportTitle } from './lead.ts';
import { type Numbers, numbersOf } from './numbers.ts';
import { promisedBy } from './promised.ts';
import { configBefore, endEntry, type ReportParts, toldUpTo, upToTheEnd, waitingMessages } from './report-parts.ts';
import { dayInWords } from './utc.ts';
import { type Verification, verificationsOf } from './verify.ts';

/** The verdict that a report shows, and of when it is. */
export interface ShownVerdict {
  /** Of the end; of the last step that was passed, where it was promoted; at the last look, while it runs. */
  readonly at: 'end' | 'step' | 'look';
  /** The stage that it judged. */
  readonly stage: string;
  readonly verdict: Verdict;
  /** Epoch ms; null where nothing leads. */
  readonly since: number | null;
}

/** A whole rollout for people who were not there, in finished sentences. Times are epoch ms. */
export interface Report {
  /** It never changes any more, but for its trail. */
  readonly final: boolean;
  readonly says: string;
  /** Up to when it tells. */
  readonly upTo: number;
  readonly title: string;
  readonly lead: string;
  readonly numbers: Numbers;
  readonly happened: readonly Happened[];
  readonly shown: ShownVerdict | null;
  readonly policy: {
    readonly name: string;
    readonly digest: string;
    readonly yaml: string;
    readonly promised: readonly string[];
  };
  readonly cost: Cost | null;
  /** The oldest first. */
  readonly messages: readonly SentMessage[];
  readonly verify: readonly Verification[];
}

/**
 * A function of what is stored alone: no clock, no configuration, nothing of the route as it is now. Of a rollout that has ended it takes
 * nothing from after the end, so that it is the same for ever, once what became of its messages is known.
 */
export function reportOf(all: ReportParts): Report {
  const parts = upToTheEnd(all);
  const { rollout } = parts.record;
  return {
    ...finality(parts),
    upTo: toldUpTo(parts.record),
    title: reportTitle(parts),
    lead: leadOf(parts),
    numbers: numbersOf(parts),
    happened: whatHappenedIn(parts),
    shown: shownVerdict(parts),
    policy: {
      name: rollout.policy.metadata.name,
      digest: rollout.policyDigest,
      yaml: policyYaml(rollout.policy),
      promised: promisedBy(parts),
    },
    cost: soFarOf(parts.record).cost,
    messages: parts.messages,
    verify: verificationsOf(parts),
  };
}

function finality({ record: { rollout }, messages }: ReportParts): Pick<Report, 'final' | 'says'> {
  if (!isEnded(rollout) || rollout.endedAt === null) {
    return { final: false, says: 'The rollout runs, and so this report changes.' };
  }
  const waiting = waitingMessages(messages);
  if (waiting > 0) {
    const which = `${counted(waiting, 'message')} about it ${waiting === 1 ? 'was' : 'were'} neither taken nor refused`;
    return {
      final: false,
      says: `The rollout has ended. Only what becomes of its messages changes here: ${which} yet.`,
    };
  }
  const until = dayInWords(rollout.endedAt + TRAIL_KEPT_MS);
  return { final: true, says: `This report does not change any more. Its trail is deleted after ${until}.` };
}

/** A promotion clears the verdict, so that what it rests on is in the audit of the last step that was passed. */
function shownVerdict(parts: ReportParts): ShownVerdict | null {
  const { rollout, evidence } = parts.record;
  const end = endEntry(parts);
  const ofEnd = end && verdictIn(end);
  const since = soFarOf(parts.record).leadingSince;
  if (end && ofEnd) {
    // What the evidence says of its beginning is of the last verdict that it has.
    const ofEvidence = end.event.kind === 'canaryJudgedHarmful';
    return { at: 'end', stage: stageBefore(end), verdict: ofEnd, since: ofEvidence ? since : null };
  }
  if (evidence.verdict) {
    const stage = end ? stageBefore(end) : stageName(rollout.stage);
    return { at: end ? 'end' : 'look', stage, verdict: evidence.verdict, since };
  }
  const passed = parts.audit.findLast(({ event }) => event.kind === 'stepPassed');
  const verdict = passed && verdictIn(passed);
  return passed && verdict ? { at: 'step', stage: stageBefore(passed), verdict, since: null } : null;
}

function verdictIn({ event }: AuditEntry): Verdict | null {
  return 'verdict' in event ? ((event.verdict as Verdict | null | undefined) ?? null) : null;
}

function stageBefore(entry: AuditEntry): string {
  return configBefore(entry).stage ?? '';
}
