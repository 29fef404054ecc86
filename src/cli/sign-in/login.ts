import { meViewSchema } from '../../api/view-schemas.ts';
import { Problem } from '../../problem/problem.ts';
import { clientWith } from '../connection.ts';
import { say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { clean } from '../text.ts';
import { hasBrowser } from './browser.ts';
import { signInByBrowser } from './by-browser.ts';
import { signInByDevice, takesDevices } from './by-device.ts';
import { type KeptSignIn, keptPath, writeKept } from './kept-sign-in.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { type ProviderClient, providerOf, revoked, signInOf, type TokenAnswer } from './provider.ts';
import { wantedSignIn } from './wanted-sign-in.ts';

export interface LoginOptions {
  readonly server?: string;
  readonly device?: boolean;
  /** False with `--no-browser`. */
  readonly browser: boolean;
}

/**
 * Signs in and keeps it for this server. False when nobody signed in in time, which has been said. Throws Problem where the provider or
 * Serin refuses: then nothing is kept.
 */
export async function login(
  server: URL,
  offer: ProviderClient & { readonly scopes: readonly string[] },
  options: LoginOptions,
  session: Session,
): Promise<boolean> {
  const provider = await providerOf(offer, session);
  const wanted = wantedSignIn(provider, offer);
  const finish = (answer: TokenAnswer) => accepted(server, signInOf(server.origin, offer, answer), session);
  const isHere = hasBrowser(session);
  let kept: KeptSignIn | null;
  if (options.device || (options.browser && !isHere && takesDevices(provider))) {
    const answer = await signInByDevice(provider, wanted, session);
    kept = answer === null ? null : await finish(answer);
  } else {
    kept = await signInByBrowser(provider, wanted, session, options.browser && isHere ? 'browser' : 'nothing', finish);
  }
  if (kept === null)
    say(session, `serin: nobody signed in at ${clean(offer.issuer)} in time; run \`serin login\` again`);
  else if (session.env['SERIN_TOKEN']) say(session, 'serin: SERIN_TOKEN is set and goes before the sign-in: unset it');
  return kept !== null;
}

/** Kept only once Serin has said who this is. */
async function accepted(server: URL, signIn: KeptSignIn, session: Session): Promise<KeptSignIn> {
  const client = clientWith(server, { bearer: async () => signIn.idToken, hint: '' }, session);
  const { issuer, refreshToken } = signIn;
  const me = await client.get('/api/v1/me', meViewSchema).catch(async (error: unknown) => {
    // What the provider keeps of it is of no use to anybody now. Serin's refusal is what matters.
    if (refreshToken !== null) await revoked({ ...signIn, refreshToken }, session).catch(() => false);
    if (!(error instanceof Problem)) throw error;
    throw new Problem(
      error.code,
      `${issuer} signed you in, but ${server.origin} did not take its token, which was not kept: ${error.message}`,
      { cause: error },
    );
  });
  const path = keptPath(server.origin, session.env);
  await oneAtATime(path, session.closed, async () => writeKept(path, signIn));
  const until = new Date(signIn.expiresAtMs).toISOString();
  say(
    session,
    `serin: signed in at ${server.origin} as ${clean(me.name)} (${me.role}), ${refreshToken === null ? `until ${until}` : 'renewed by itself as long as the provider lets it'}`,
  );
  return signIn;
}
