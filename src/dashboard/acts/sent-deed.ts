import { type ApiReply, command } from '../live/requests.ts';
import { noteEnd } from '../live/session.ts';
import type { RolloutView } from '../views.ts';
import { actOutcome } from './act-outcome.ts';
import type { ConfirmedDeed } from './confirmed-deed.ts';
import { deedPosted } from './draft.ts';
import { KeptDeeds } from './kept-deeds.ts';

/** A deed on its way, or answered. */
export interface SentDeed {
  readonly deed: ConfirmedDeed;
  readonly reply: Promise<ApiReply<RolloutView>>;
}

const kept = new KeptDeeds(() => sessionStorage);

/** Sends it, once. Until its outcome is known it outlives a reload, and a browser asks before it closes the page. */
export function sendDeed(wanted: Omit<ConfirmedDeed, 'key'>): SentDeed {
  const { rollout, sent } = wanted;
  const deed = { ...wanted, key: `${rollout.id} ${sent.version} ${Date.now()}` };
  const { path, body } = deedPosted(sent.draft, sent.reason);
  const ask = (event: Event) => event.preventDefault();
  kept.keep(deed);
  addEventListener('beforeunload', ask);
  const reply = command<RolloutView>('POST', `/rollouts/${rollout.id}${path}`, body, sent.version).then((answer) => {
    removeEventListener('beforeunload', ask);
    noteEnd(answer);
    if (actOutcome(answer).kind !== 'unknown') kept.drop(deed);
    return answer;
  });
  return { deed, reply };
}

/** Called when its outcome was told. */
export function forgetDeed({ deed }: Pick<SentDeed, 'deed'>): void {
  kept.drop(deed);
}

/** What was under way when the page was loaded anew: nobody hears the answer any more. */
export function deedsOfEarlier(): readonly SentDeed[] {
  const detail = 'the page was loaded anew before the answer came';
  return kept.all().map((deed) => ({ deed, reply: Promise.resolve({ kind: 'unreachable', detail }) }));
}
