import { withEach } from '../parity/each-check.ts';
import { type Block, CLOCK_SLACK_MS } from '../stats/block.ts';
import type { OnsetSchedule } from '../stats/evidence/onset-schedule.ts';
import type { Window } from '../stats/evidence/window.ts';
import type { FaultDetector } from './fault/fault-detector.ts';
import type { JudgeState } from './state.ts';

/**
 * Adjusts the memory when a block begins before the last one ended: the clock was set back in between.
 * Every timestamp moves by the same amount, so that warm-up, schedule and intervals keep their length; otherwise they
 * would all wait for the clock to catch up. A clock that was set forward looks like a silence, which is tolerated.
 */
export function onClockOf(state: JudgeState, { startedAt }: Pick<Block, 'startedAt'>): JudgeState {
  const { measuredUntil } = state;
  if (measuredUntil === null || startedAt >= measuredUntil - CLOCK_SLACK_MS) return state;
  const byMs = startedAt - measuredUntil;
  const at = (instant: number | null) => (instant === null ? null : instant + byMs);
  const schedule = (onset: OnsetSchedule): OnsetSchedule => ({ ...onset, startedAt: at(onset.startedAt) });
  const window = ({ span, ...totals }: Window): Window => ({
    ...totals,
    span: span && { from: span.from + byMs, to: span.to + byMs },
  });
  const fault = <Watch extends FaultDetector>(watch: Watch): Watch => ({
    ...watch,
    alarm: watch.alarm && { ...watch.alarm, since: watch.alarm.since + byMs },
  });
  return {
    ...state,
    splitSince: at(state.splitSince),
    measuredUntil: startedAt,
    warmUp: { ...state.warmUp, since: at(state.warmUp.since) },
    onset: { comparison: schedule(state.onset.comparison), guards: schedule(state.onset.guards) },
    checks: withEach(state.checks, (check, known) => check.move?.(known, byMs) ?? known),
    fault: fault(state.fault),
    slowness: fault(state.slowness),
    step: window(state.step),
    harm: { ...state.harm, since: window(state.harm.since) },
  };
}
