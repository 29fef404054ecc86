import type { LoadedPolicy } from '../../src/policy/read.ts';
import { STILL_RUNS } from '../../src/rollout/acts/acts.ts';
import { type Deed, eventOf, rebasedOn } from '../../src/rollout/acts/deed.ts';
import type { Preview } from '../../src/rollout/acts/outcome.ts';
import { previewOf, refusedPreview } from '../../src/rollout/acts/preview.ts';
import { announce } from '../../src/rollout/announce.ts';
import type { Actor } from '../../src/rollout/event.ts';
import { ordered } from '../../src/rollout/eyes/asked.ts';
import type { RolloutRecord } from '../../src/rollout/record.ts';
import { transition } from '../../src/rollout/transition.ts';
import type { ListedRule } from '../../src/split/order.ts';

/** A preview by the real transition and announcement, with a console as the only channel; no retry is taken. */
export function fakePreview(
  before: RolloutRecord,
  deed: Deed,
  given: { at: number; actor: Actor; reason: string; edited: LoadedPolicy; listed: readonly ListedRule[] },
): Preview {
  const { rollout, evidence } = before;
  const { at, actor, reason, edited, listed } = given;
  if (deed.verb === 'retry') return refusedPreview(rollout.version, STILL_RUNS);
  const event = ordered(rollout, deed.verb === 'rebase' ? rebasedOn(edited) : eventOf(deed), at);
  const moved = transition(rollout, event, { at, actor, reason });
  if (moved.kind === 'refused') return refusedPreview(rollout.version, moved.reason);
  const after = moved.rollout;
  const messages = announce(rollout, after, { event, at, actor, reason }, evidence);
  const deliveries = messages.map((message) => ({ channel: 'console', message }));
  return previewOf({ deed, event, before, after, evidence, deliveries, listed, at });
}
