import type { MeView } from '../views.ts';
import { Observable } from './observable.ts';
import { answeredAt, ask, command, PATIENCE_MS } from './requests.ts';
import { LiveStream } from './stream.ts';

export type Visitor =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'signed-in'; readonly me: MeView }
  /** The session of `me` is over, by no doing of theirs: what they have seen stays, and nothing more is read. */
  | { readonly kind: 'ended'; readonly me: MeView }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'unreachable'; readonly detail: string };

const AGAIN_MS = 3_000;
/** The next attempt to find out; whoever leaves does not come back by it. */
let again: ReturnType<typeof setTimeout> | undefined;

/** Who reads this page, and the stream that they may read. */
export const session = new Observable<Visitor>({ kind: 'unknown' });
export const stream = new LiveStream(() => signedOut());
answeredAt.watch(() => stream.serinAnswered());

/** The other pages of this browser, which have the same cookie. */
const others = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('serin-session');
if (others !== null) others.onmessage = () => leave();

/** Finds out who is signed in; while the server does not answer, again and again. */
export async function findSession(): Promise<void> {
  clearTimeout(again);
  const mine = setTimeout(() => void findSession(), AGAIN_MS + PATIENCE_MS);
  again = mine;
  const answer = await ask<MeView>('/me');
  if (again !== mine) return;
  clearTimeout(again);
  if (answer.kind === 'ok') {
    session.set({ kind: 'signed-in', me: answer.data });
    stream.connect();
    return;
  }
  if (answer.kind === 'refused' && answer.status === 401) {
    signedOut();
    return;
  }
  // What is on the page stays there.
  if (session.value.kind !== 'ended') session.set({ kind: 'unreachable', detail: answer.detail });
  again = setTimeout(() => void findSession(), AGAIN_MS);
}

/** The sentence why the token was not taken; null where it was. */
export async function signIn(token: string): Promise<string | null> {
  const answer = await command<null>('POST', '/session', { token });
  if (answer.kind !== 'ok') return answer.detail;
  await findSession();
  return null;
}

/** The sentence why the session could not be ended; null where it was. */
export async function signOut(): Promise<string | null> {
  const answer = await command<null>('DELETE', '/session', {});
  if (answer.kind !== 'ok') return answer.detail;
  leave();
  others?.postMessage('signed-out');
  return null;
}

/** Takes everything that was seen off the page. */
export function leave(): void {
  clearTimeout(again);
  again = undefined;
  stream.stop();
  session.set({ kind: 'signed-out' });
}

/** Called wherever an answer says that nobody is signed in any more. */
export function signedOut(): void {
  const { value } = session;
  stream.stop();
  if (value.kind === 'signed-in') session.set({ kind: 'ended', me: value.me });
  else if (value.kind !== 'ended') session.set({ kind: 'signed-out' });
}

/** Notices in an answer that nobody is signed in any more. */
export function noteEnd(reply: { readonly kind: string; readonly status?: number }): void {
  if (reply.kind === 'refused' && reply.status === 401) signedOut();
}
