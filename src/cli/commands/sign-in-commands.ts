import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { meViewSchema, signInViewSchema } from '../../api/view-schemas.ts';
import { Problem } from '../../problem/problem.ts';
import type { ApiClient } from '../client.ts';
import { addressOf, clientWith, type ServerOptions, takesAddress, takesServer } from '../connection.ts';
import { type Credential, credentialFor } from '../credential.ts';
import { EXIT } from '../exit-code.ts';
import { print, say } from '../output.ts';
import { keptPath, readKeptToEnd, removeKept } from '../sign-in/kept-sign-in.ts';
import type { LoginOptions } from '../sign-in/login.ts';
import { oneAtATime } from '../sign-in/one-at-a-time.ts';
import type { Session } from '../terminal.ts';
import { clean, table } from '../text.ts';
import { scopeInWords } from './token-commands.ts';

/** Signing in at the OpenID provider that the control API names. */
export function registerSignIn(program: Command, session: Session): void {
  takesAddress(program.command('login').description('sign in at the OpenID provider of a Serin'))
    .option('--device', 'show a code to enter in any browser; so it is over SSH and without a display')
    .option('--no-browser', 'open no browser: print the address alone')
    .action(async (options: LoginOptions) => {
      const server = addressOf(options, session);
      const { oidc } = await offerOf(clientWith(server, { bearer: async () => null, hint: '' }, session));
      if (oidc === null) {
        throw new Problem(
          'refused',
          `${server.origin} has no OpenID provider (control.oidc of its serin.yaml), so nobody signs in there: give a token with --token or SERIN_TOKEN; an admin makes one by \`serin token create\``,
        );
      }
      const { issuer, clientId, scopes } = oidc;
      if (clientId === null) {
        throw new Problem(
          'refused',
          `${server.origin} names no client for \`serin login\` (control.oidc.loginClientId of its serin.yaml), because that of its dashboard has a secret: give a token with --token or SERIN_TOKEN`,
        );
      }
      const { login } = await import('../sign-in/login.ts');
      const inTime = await login(server, { issuer, clientId, scopes }, options, session);
      if (!inTime) session.exit(EXIT.timeout);
    });

  takesAddress(program.command('logout').description('forget a sign-in, here and at the provider')).action(
    async (options: Pick<ServerOptions, 'server'>) => logout(addressOf(options, session), session),
  );

  takesServer(program.command('whoami').description('who one is for a Serin, by which means, and until when')).action(
    async (options: ServerOptions) => {
      const server = addressOf(options, session);
      const credential = credentialFor(server, options, session);
      const me = await clientWith(server, credential, session).get('/api/v1/me', meViewSchema);
      const { from, issuer, renews } = credential;
      print(session, options.output, { server: server.origin, by: from, issuer, renews, ...me }, () =>
        table(
          ['NAME', 'ROLE', 'LIMITED TO', 'BY', 'UNTIL', 'SERVER'],
          [
            [
              me.name,
              me.role,
              scopeInWords(me.scope),
              bearerInWords(credential),
              untilInWords(me, renews),
              server.origin,
            ],
          ],
        ),
      );
    },
  );
}

/** A Serin from before there was sign-on has nothing at this path, and asks for a token before it says so. */
async function offerOf(client: ApiClient) {
  try {
    return await client.get('/api/v1/sign-in', signInViewSchema);
  } catch (error) {
    if (error instanceof Problem && ['not-found', 'unauthenticated'].includes(error.code)) return { oidc: null };
    throw error;
  }
}

async function logout({ origin }: URL, session: Session): Promise<void> {
  const path = keptPath(origin, session.env);
  if (!existsSync(path)) {
    say(session, `serin: nobody is signed in at ${origin} here`);
    return;
  }
  const kept = await oneAtATime(path, session.closed, async () => {
    const found = readKeptToEnd(path, origin);
    removeKept(path);
    return found;
  });
  if (kept === null) {
    say(session, `serin: what was kept for ${origin} is removed; it was no sign-in that could be ended at a provider`);
    return;
  }
  const { issuer, refreshToken, expiresAtMs } = kept;
  const rest =
    expiresAtMs > Date.now()
      ? `; a copy of its last token would be taken until ${new Date(expiresAtMs).toISOString()}`
      : '';
  if (refreshToken === null) {
    say(session, `serin: signed out of ${origin}${rest}`);
    return;
  }
  const { revoked } = await import('../sign-in/provider.ts');
  const isRevoked = await revoked({ ...kept, refreshToken }, session).catch((error: unknown) => {
    const why = error instanceof Problem ? error.message : 'Serin failed';
    throw new Problem(
      'unavailable',
      `signed out of ${origin} on this machine, but not at the provider, where the sign-in stays until it ends by itself: ${why}`,
      { cause: error },
    );
  });
  const there = isRevoked ? ` and at ${clean(issuer)}` : `; ${clean(issuer)} has no way to be told`;
  say(session, `serin: signed out of ${origin}${there}${rest}`);
}

function bearerInWords({ from, issuer }: Credential): string {
  switch (from) {
    case 'token':
      return 'token (--token, SERIN_TOKEN)';
    case 'sign-in':
      return `sign-in at ${issuer ?? '-'}`;
    case 'admin-token':
      return 'admin token of the local data folder';
    case 'nothing':
      return 'nothing';
  }
}

function untilInWords({ expiresAt }: { readonly expiresAt: string | null }, renews: boolean): string {
  if (expiresAt === null) return '-';
  return renews ? `${expiresAt}, then renewed` : expiresAt;
}
