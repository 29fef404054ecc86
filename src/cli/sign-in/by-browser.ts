import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { Problem } from '../../problem/problem.ts';
import { say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { openBrowser } from './browser.ts';
import type { KeptSignIn } from './kept-sign-in.ts';
import { type Arrival, openLanding } from './landing.ts';
import { providerFault, type TokenAnswer } from './provider.ts';
import { prompted, type WantedSignIn } from './wanted-sign-in.ts';

/** How long a person may take to sign in. */
const WAIT_MS = 300_000;

/**
 * Authorization code with PKCE (RFC 7636), the answer on a loopback port (RFC 8252). `finish` makes of the answer what is kept, and
 * the page says whether it did. Null when nobody came in time. Throws Problem.
 */
export async function signInByBrowser(
  provider: Configuration,
  wanted: WantedSignIn,
  session: Session,
  opens: 'browser' | 'nothing',
  finish: (answer: TokenAnswer) => Promise<KeptSignIn>,
  waitMs: number = WAIT_MS,
): Promise<KeptSignIn | null> {
  const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
  const landing = await openLanding(state);
  try {
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: landing.redirectUri,
      scope: wanted.scope,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...prompted(wanted),
    });
    say(session, `serin: sign in at ${url.href}`);
    if (opens === 'browser') openBrowser(url.href, session);
    const late = AbortSignal.timeout(waitMs);
    const arrival = await landing.arrival(AbortSignal.any([late, session.closed])).catch((error: unknown) => {
      if (late.aborted) return null;
      throw error;
    });
    if (arrival === null) return null;
    return await told(arrival, async () => {
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
      const answer = await authorizationCodeGrant(provider, arrival.url, checks).catch((error: unknown) => {
        throw providerFault(wanted.issuer, error);
      });
      return finish(answer);
    });
  } finally {
    await landing.close();
  }
}

/** Says in the browser what became of it. */
async function told(arrival: Arrival, work: () => Promise<KeptSignIn>): Promise<KeptSignIn> {
  try {
    const kept = await work();
    await arrival.tell('done', 'You are signed in to Serin: you may close this page and go back to the terminal.');
    return kept;
  } catch (error) {
    const why = error instanceof Problem ? error.message : 'Serin failed, and the terminal says how';
    await arrival.tell('failed', `You are not signed in: ${why}.`);
    throw error;
  }
}
