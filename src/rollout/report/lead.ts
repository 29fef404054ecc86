import { formatWeight } from '../../parity/figures.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { AuditEntry, Configuration } from '../record.ts';
import type { Rollout } from '../state.ts';
import { inQuotes, reasonInWords } from '../words/quote.ts';
import { placeInWords } from '../words/stage-words.ts';
import { configAfter, configBefore, endEntry, isOverride, type ReportParts, toldUpTo } from './report-parts.ts';
import { instantInWords } from './utc.ts';

/** `checkout v8 was rolled back at 10 %`: what became of it, in a heading. */
export function reportTitle(parts: ReportParts): string {
  const { rollout } = parts.record;
  const what = `${rollout.route} ${rollout.canary.version}`;
  const at = whereItEnded(parts);
  switch (rollout.stage.kind) {
    case 'rolled-back':
      return capabilitiesOf(rollout).serinMoves
        ? `${what} was rolled back${at}`
        : `${what} was advised against${at}, and its rollout ended`;
    case 'aborted':
      return isOfSerin(endEntry(parts))
        ? `${what} was taken back${at}, and nobody is blamed`
        : `${what} was aborted${at}`;
    case 'superseded':
      return `${what} was superseded${at}`;
    case 'finalised':
      return `${what} became the stable`;
    case 'promoted':
      return `${what} is promoted`;
    default:
      return `${what} runs${paused(rollout)}, in ${placeInWords(rollout)}`;
  }
}

/** What a post-mortem begins with: when it ended, who ended it, how and why; of one that runs, where it stands. */
export function leadOf(parts: ReportParts): string {
  const { rollout } = parts.record;
  const { route, canary, stable } = rollout;
  const end = endEntry(parts);
  const by = end === undefined ? 'Serin' : nameOf(end);
  const on = `On ${instantInWords(end?.at ?? toldUpTo(parts.record))}`;
  const at = whereItEnded(parts);
  const why = clause(end === undefined ? reasonOf(rollout) : reasonInWords(end.reason, end.actor));
  switch (rollout.stage.kind) {
    case 'rolled-back':
      return capabilitiesOf(rollout).serinMoves
        ? `${on} ${by} rolled ${route} back from ${canary.version} to ${stable.version}${at}: ${why}`
        : `${on} ${by} ended the rollout of ${canary.version} on ${route}${at}, and advised to take all traffic off it; Serin does not move the traffic of this route: ${why}`;
    case 'aborted':
      return isOfSerin(end)
        ? `${on} ${by} took ${canary.version} of ${route} back${at} and blamed nobody: ${why}`
        : `${on} ${by} aborted the rollout of ${canary.version} on ${route}${at}, and nobody is blamed: ${why}`;
    case 'superseded':
      return `${on} the rollout of ${canary.version} on ${route} gave way${at} to ${supersedes(end)}, which ${by} started: ${why}`;
    case 'finalised':
      return `${on} ${canary.version} became the stable of ${route} in place of ${stable.version}, finalised by ${by}: ${why}${promotedSentence(parts)}`;
    case 'promoted':
      return `${canary.version} of ${route} is promoted, and not the stable yet.${promotedSentence(parts)}`;
    default:
      return `${on} the rollout of ${canary.version} on ${route} was in ${placeInWords(rollout)}${paused(rollout)}: ${clause(present(parts))}`;
  }
}

/** ` at 10 %`, ` in the internal phase`; empty where the audit does not say. */
function whereItEnded(parts: ReportParts): string {
  const end = endEntry(parts);
  return end === undefined ? '' : placeIn(configBefore(end));
}

function placeIn({ stage, canaryBps }: Partial<Configuration>): string {
  if (stage === undefined) return '';
  const isWeighed = stage === 'bake' || stage === 'promoted' || stage.startsWith('step-');
  return isWeighed && canaryBps !== undefined
    ? ` at ${formatWeight(canaryBps)}`
    : ` in ${stage === 'internal' ? 'the internal phase' : stage}`;
}

function paused({ paused: pause }: Rollout): string {
  return pause === null ? '' : `, paused by ${pause.by}`;
}

function present({ record: { rollout, evidence } }: ReportParts): string {
  const { paused: pause } = rollout;
  if (pause !== null) return reasonInWords(pause.reason, { role: pause.role ?? null });
  return evidence.verdict?.reason ?? reasonOf(rollout);
}

function promotedSentence({ audit }: ReportParts): string {
  const entry = audit.find((one) => configAfter(one).stage === 'promoted');
  if (entry === undefined) return '';
  return ` It was promoted to 100 % on ${instantInWords(entry.at)} by ${nameOf(entry)}: ${clause(reasonInWords(entry.reason, entry.actor))}`;
}

function supersedes(end: AuditEntry | undefined): string {
  const by = end?.event.kind === 'superseded' && 'by' in end.event ? end.event.by : null;
  return typeof by === 'string' ? by : 'another rollout';
}

function isOfSerin(entry: AuditEntry | undefined): boolean {
  return entry === undefined || !isOverride(entry);
}

function nameOf(entry: AuditEntry): string {
  return isOverride(entry) ? entry.actor.name : 'Serin';
}

/** A person's words are quoted in it already, unless it was stored before they were. */
function reasonOf({ reason, reasonBy }: Rollout): string {
  return reasonBy === undefined ? inQuotes(reason) : reason;
}

/** With its full stop. */
function clause(text: string): string {
  return /[.!?]”?$/.test(text) ? text : `${text}.`;
}
