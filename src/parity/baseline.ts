import type { Tally } from '../stats/block.ts';
import { type BrokenStable, type Failures, SOUND_STABLE, stepBrokenStable } from '../stats/rates/broken-stable.ts';
import { sentRequests } from '../stats/rates/unanswered.ts';
import type { Check } from './check.ts';
import { formatCount, formatShare } from './figures.ts';

/**
 * A stable that fails more requests than it answers. Nothing can be compared with it, and a canary that is well is not promoted for
 * lack of evidence: a person may promote it as the repair. It reports no findings, and only holds.
 */
export const baselineCheck: Check<BrokenStable> = {
  names: { listed: [] },
  terms: () => null,
  open: () => SOUND_STABLE,
  observe(state, { compared, of, bet, policy }) {
    if (of !== 'both' || compared.stable === null) return state;
    const block = { stable: failuresOf(compared.stable), canary: failuresOf(compared.canary) };
    return stepBrokenStable(state, block, { cap: bet.cap, logHold: Math.log(policy.spec.judge.hold) });
  },
  holds: (_, state, { logHold }) =>
    state.log < logHold ? [] : [{ kind: 'no-baseline', check: null, reason: whyNoBaseline(state) }],
  findings: () => [],
};

/**
 * `the stable fails 100 % of its requests, 4,247 of 4,247, and the canary 0.2 %, 1 of 472: nothing can be compared with it ...`
 */
function whyNoBaseline({ stable, canary }: BrokenStable): string {
  const broken = `the stable fails ${figures(stable, ' of its requests')}`;
  const held = 'Serin compares nothing with such a stable, and promotes nothing for lack of evidence';
  if (canary.sent === 0) return `${broken}: ${held}; repair the stable`;
  const beside = `${broken}, and the canary ${figures(canary)}: ${held}`;
  if (2 * canary.failed > canary.sent) return `${beside}; the canary is no repair, repair the stable`;
  return `${beside}; repair the stable, or, if the canary is well, promote it as the repair (promote --repair)`;
}

function figures({ sent, failed }: Failures, of = ''): string {
  return `${formatShare(sent === 0 ? 0 : failed / sent)}${of}, ${formatCount(failed)} of ${formatCount(sent)}`;
}

// A request that is overdue counts as failed; it counts once more when it ends, by how it ends.
function failuresOf(tally: Tally | null): Failures {
  return { sent: sentRequests(tally), failed: (tally?.errors ?? 0) + (tally?.unanswered ?? 0) };
}
