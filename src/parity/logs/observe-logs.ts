import type { Block } from '../../stats/block.ts';
import { learnNames } from '../../stats/logs/appearances.ts';
import { type LogCounts, NO_LINES } from '../../stats/logs/log-counts.ts';
import type { Sight } from '../context.ts';
import { stepLogInterval } from './log-compare.ts';
import { fill, isMuchForced, requestsOf, shortestInterval } from './log-interval.ts';
import { stepRest } from './log-rest.ts';
import { hasNone, hear } from './log-silence.ts';
import { type LogsMemory, type LogsState, NO_LOGS } from './log-state.ts';
import { namesOf, ofLevel, thatCount } from './log-terms.ts';

/** One block. What warms up is not compared: a start logs what nothing else does. */
export function observeLogs(state: LogsState, sight: Sight): LogsState {
  const { policy, block, of, phase, split, assignment } = sight;
  const terms = policy.spec.checks.logs;
  if (terms === undefined) return null;
  const { incompleteSince, ...known } = state ?? NO_LOGS;
  const names = namesOf(terms);
  const came = {
    stable: block.logs?.stable ? thatCount(names, block.logs.stable) : null,
    canary: block.logs?.canary ? thatCount(names, block.logs.canary) : null,
  };
  if (block.logs?.incomplete === true) {
    const open = split === 'same-split' ? known.open : null;
    return leaveOut({ ...known, open, assignment, incompleteSince: incompleteSince ?? block.startedAt }, block, came);
  }
  const heard = {
    stable: hear(known.heard.stable, block, came.stable, requestsOf(block, 'stable')),
    canary: hear(known.heard.canary, block, came.canary, requestsOf(block, 'canary')),
    ...(block.logs?.fetched === undefined ? {} : { fetched: block.logs.fetched }),
  };
  const atRest = stepRest(known.atRest, block, came.canary, requestsOf(block, 'canary'));
  const next: LogsMemory = { ...known, heard, assignment, atRest };
  // Of a version that logs little, no line is mostly just that.
  const logs = {
    stable: came.stable ?? (hasNone(heard, 'stable') ? NO_LINES : null),
    canary: came.canary ?? (hasNone(heard, 'canary') ? NO_LINES : null),
  };
  if (logs.stable === null) return { ...next, open: null };
  const learnt = learnStableNames(next, logs.stable);
  const isCompared = of === 'both' && phase === 'judged' && block.young === undefined && logs.canary !== null;
  const open = split === 'same-split' ? next.open : null;
  // Its lines are of whoever forces requests: the block is left out, and what is open waits for the next.
  if (of === 'both' && isMuchForced(block)) {
    return { ...learnt, open, step: { ...next.step, leftOut: (next.step.leftOut ?? 0) + 1 } };
  }
  const both = { stable: logs.stable, canary: logs.canary };
  const filled = fill(open, block, isCompared ? 'both' : 'stable', both, shortestInterval(policy));
  const filling = { ...learnt, open: filled.open };
  return filled.whole === null
    ? filling
    : stepLogInterval(terms, filling, filled.whole, block.startedAt + block.durationMs, sight.bet);
}

/** Lines of the block were not read: what is missing is no sign of anything, and what came is only there. */
function leaveOut(state: LogsMemory, block: Block, came: Record<'stable' | 'canary', LogCounts | null>): LogsMemory {
  const { heard, atRest, step } = state;
  return {
    ...(came.stable === null ? state : learnStableNames(state, came.stable)),
    heard: { stable: hear(heard.stable, block, came.stable, 0), canary: hear(heard.canary, block, came.canary, 0) },
    atRest: stepRest(atRest, block, came.canary, 'unknown'),
    step: { ...step, incomplete: (step.incomplete ?? 0) + 1 },
  };
}

function learnStableNames(state: LogsMemory, stable: LogCounts): LogsMemory {
  return {
    ...state,
    newErrors: learnNames(state.newErrors, ofLevel(stable.templates, 'error')),
    newWarnings: learnNames(state.newWarnings, ofLevel(stable.templates, 'warn')),
    newCalls: learnNames(state.newCalls, stable.calls),
  };
}
