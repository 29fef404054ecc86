import type { RolloutView, StageView } from '../../views.ts';
import { lasting, weightText } from '../../words/figures.ts';
import { amountOf } from '../../words/said.ts';
import { type RampNow, rampInShort } from './ramp.ts';

/**
 * `skipped`: passed over by a person; `ended`: where a rollout stopped that did not get to its end, and `harm` where its version is
 * blamed for that.
 */
export type RungState = 'done' | 'skipped' | 'now' | 'next' | 'ended' | 'harm';

export interface Rung {
  readonly name: string;
  readonly label: string;
  readonly state: RungState;
  /** What a screen reader is told of the shape. */
  readonly spoken: string;
  /** The part of the dwell that is over, 0 to 1; null but in the present stage, and where it takes none. */
  readonly part: number | null;
  readonly lines: readonly string[];
}

const SPOKEN: Readonly<Record<RungState, string>> = {
  done: 'done',
  skipped: 'skipped',
  now: 'now',
  next: 'not reached',
  ended: 'ended here',
  harm: 'rolled back here',
};

/** The way of a rollout, as far as it is known; the stage before the first, while it is there, comes first. */
export function rungsOf(view: RolloutView, ramp: RampNow | null): readonly Rung[] {
  const { stages, stage } = view;
  const rungs = stages
    .map((one, at) => rungOf(view, one, stateOf(view, at)))
    .map((rung) =>
      ramp !== null && rung.state === 'now' ? { ...rung, lines: [rampInShort(ramp), ...rung.lines] } : rung,
    );
  if (stage !== 'preflight') return rungs;
  const lines = ['every address of the canary has to answer'];
  return [{ name: 'preflight', label: 'preflight', state: 'now', spoken: SPOKEN.now, part: null, lines }, ...rungs];
}

function stateOf({ stages, stage, active }: RolloutView, at: number): RungState {
  const last = stage === 'finalised' ? stages.length : indexOfLast(stages, active ? stage : null);
  if (at > last) return 'next';
  if (at < last) return isSkipped(stages, at) ? 'skipped' : 'done';
  if (active) return 'now';
  return stage === 'rolled-back' ? 'harm' : 'ended';
}

function indexOfLast(stages: readonly StageView[], present: string | null): number {
  return present === null ? stages.findLastIndex(isReached) : stages.findIndex(({ name }) => name === present);
}

function isReached({ enteredAt }: StageView): boolean {
  return enteredAt !== null;
}

// What an earlier version of Serin did not record is missing from the beginning of the list alone.
function isSkipped(stages: readonly StageView[], at: number): boolean {
  return stages[at]?.enteredAt === null && stages.slice(0, at).some(isReached) && stages.slice(at).some(isReached);
}

function rungOf(view: RolloutView, stage: StageView, state: RungState): Rung {
  const { name, label, weightBps } = stage;
  const { haveMs, needMs } = view.dwell;
  return {
    name,
    label: name.startsWith('step-') && weightBps !== null ? weightText(weightBps) : label,
    state,
    spoken: SPOKEN[state],
    part: state === 'now' && needMs > 0 ? Math.min(1, haveMs / needMs) : null,
    lines: linesOf(view, stage, state),
  };
}

function linesOf(view: RolloutView, stage: StageView, state: RungState): readonly string[] {
  switch (state) {
    case 'done':
      return [tookInWords(stage), ...seenInWords(view, stage)];
    case 'skipped':
      return ['skipped'];
    case 'now':
      return [...standing(view, stage), ...seenInWords(view, stage)];
    case 'ended':
    case 'harm':
      return [endInWords(view, stage), ...seenInWords(view, stage)];
    case 'next':
      return view.active ? ahead(view, stage) : ['not reached'];
  }
}

function tookInWords({ enteredAt, leftAt }: StageView): string {
  return enteredAt === null || leftAt === null ? 'its time was not recorded' : lasting(spanMs(enteredAt, leftAt));
}

function endInWords({ stage, endedAt }: RolloutView, { enteredAt }: StageView): string {
  const end = stage.replaceAll('-', ' ');
  return enteredAt === null || endedAt === null ? end : `${end} after ${lasting(spanMs(enteredAt, endedAt))}`;
}

function standing(
  { dwell, paused, canaryBps, verdict }: RolloutView,
  { weightBps, name }: StageView,
): readonly string[] {
  const isStep = name.startsWith('step-');
  const stands = paused !== null ? 'paused · ' : verdict?.name === 'blind' ? 'held · ' : '';
  const time = dwell.needMs > 0 ? `${lasting(Math.min(dwell.haveMs, dwell.needMs))} of ${lasting(dwell.needMs)}` : '';
  const line = time === '' ? stands.replace(' · ', '') : `${stands}${time}`;
  return [
    ...(isStep && weightBps !== null && weightBps !== canaryBps ? [`now ${weightText(canaryBps)}`] : []),
    ...(line === '' ? [] : [line]),
  ];
}

function ahead({ canary }: RolloutView, { name, needMs, weightBps }: StageView): readonly string[] {
  if (name === 'promoted') return [`${canary.version} becomes stable`];
  const takes = needMs > 0 ? [`takes at least ${lasting(needMs)}`] : [];
  return name === 'bake' && weightBps !== null ? [weightText(weightBps), ...takes] : takes;
}

function seenInWords({ forced }: RolloutView, { name, canaryRequests }: StageView): readonly string[] {
  if (name === 'internal') {
    return [`${amountOf(forced.requests, 'forced request')}, ${forced.errors} failed`];
  }
  return canaryRequests === null ? [] : [amountOf(canaryRequests, 'canary request')];
}

function spanMs(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from);
}
