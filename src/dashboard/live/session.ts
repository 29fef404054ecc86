import type { MeView } from '../views.ts';
import { Observable } from './observable.ts';
import { ask, command } from './requests.ts';
import { LiveStream } from './stream.ts';

export type Visitor =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'signed-in'; readonly me: MeView }
  /** `why` is said over the form; null for somebody who has only just come. */
  | { readonly kind: 'signed-out'; readonly why: string | null }
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
    session.set({ kind: 'signed-out', why: null });
    return;
  }
  session.set({ kind: 'unreachable', detail: answer.detail });
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
  stream.stop();
  session.set({ kind: 'signed-out', why: null });
}

/** Called wherever an answer says that nobody is signed in any more. */
export function signedOut(): void {
  if (session.value.kind === 'signed-out') return;
  const wasIn = session.value.kind === 'signed-in';
  stream.stop();
  session.set({ kind: 'signed-out', why: wasIn ? 'The session has ended: sign in again to go on.' : null });
}
