import type { AuditView, StageView } from '../../views.ts';
import { AT_THE_START, eventInWords } from '../../words/decision-words.ts';
import { glued } from '../../words/figures.ts';
import { quoted } from '../../words/quoted.ts';
import { legible } from '../../words/said.ts';
import { spacedPercent } from '../../words/stage-words.ts';

/** Something that happened at one time, through all strips. Epoch ms. */
export interface StripMark {
  readonly at: number;
  readonly kind: 'step' | 'person' | 'end';
  /** In the drawing: a word or two. */
  readonly label: string;
  /** In a sentence: `ada: paused, “lunch”`. */
  readonly says: string;
}

/** The time in which a rollout was paused; `to` is null while it is. */
export interface PausedTime {
  readonly from: number;
  readonly to: number | null;
}

/** What of an entry of the audit is drawn. */
export interface MarkedAct {
  readonly at: number;
  /** Kind of the event. */
  readonly event: string;
  readonly by: { readonly name: string; readonly role: string };
  readonly reason: string;
  /** Whether the rollout was paused after it; null where that is not told. */
  readonly paused: boolean | null;
}

export function actsOfAudit(audit: readonly AuditView[]): readonly MarkedAct[] {
  return audit
    .map(({ at, event, actor, reason, after }) => {
      const { paused = null } = (after ?? {}) as { readonly paused?: boolean };
      return { at: Date.parse(at), event: event.kind, by: actor, reason, paused };
    })
    .sort((one, other) => one.at - other.at);
}

/** Where each stage began, but for the first, which begins with the rollout. */
export function stageMarks(stages: readonly StageView[]): readonly StripMark[] {
  return stages.flatMap(({ name, label: plain, enteredAt }) => {
    if (enteredAt === null || name === 'internal') return [];
    const label = glued(spacedPercent(plain));
    return [{ at: Date.parse(enteredAt), kind: 'step' as const, label, says: `${label} began` }];
  });
}

/** What people did before the end, which has a mark of its own. */
export function personMarks(acts: readonly MarkedAct[], endedAt: number | null): readonly StripMark[] {
  return acts
    .filter(
      ({ at, event, by }) => by.role !== 'serin' && !AT_THE_START.includes(event) && (endedAt === null || at < endedAt),
    )
    .map(({ at, event, by, reason }) => {
      const label = eventInWords(event);
      return {
        at,
        kind: 'person' as const,
        label,
        says: `${legible(by.name)}: ${label}${reason === '' ? '' : `, ${quoted(reason)}`}`,
      };
    });
}

/** From the acts, the oldest first; Serin pauses as well, when it is blind or holds a harmful canary. */
export function pausedTimes(acts: readonly MarkedAct[]): readonly PausedTime[] {
  const times: PausedTime[] = [];
  for (const { at, paused } of acts) {
    const last = times.at(-1);
    const isOpen = last !== undefined && last.to === null;
    if (paused === true && !isOpen) times.push({ from: at, to: null });
    if (paused === false && isOpen) times[times.length - 1] = { from: last.from, to: at };
  }
  return times;
}
