import type { MeView } from '../views.ts';
import { Observable } from './observable.ts';
import { ask, command } from './requests.ts';
import { LiveStream } from './stream.ts';

export type Visitor =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'signed-in'; readonly me: MeView }
  /** The session of `me` is over, by no doing of theirs: what they have seen stays, and nothing more is read. */
  | { readonly kind: 'ended'; readonly me: MeView }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'unreachable'; readonly detail: string };

const AGAIN_MS = 3_000;

/** Who reads this page, and the stream that they may read. */
export const session = new Observable<Visitor>({ kind: 'unknown' });
export const stream = new LiveStream(() => signedOut());

/** Finds out who is signed in; while the server does not answer, again and again. */
export async function findSession(): Promise<void> {
  const answer = await ask<MeView>('/me');
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
  setTimeout(() => void findSession(), AGAIN_MS);
}

/** The sentence why the token was not taken; null where it was. */
export async function signIn(token: string): Promise<string | null> {
  const answer = await command<null>('POST', '/session', { token });
  if (answer.kind !== 'ok') return answer.detail;
  await findSession();
  return null;
}

export async function signOut(): Promise<void> {
  await command<null>('DELETE', '/session', {});
  leave();
}

/** Takes everything that was seen off the page. */
export function leave(): void {
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
