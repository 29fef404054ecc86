import { z } from 'zod';
import { duration } from '../../policy/units.ts';
import { issuerUrl, secret } from '../declared-values.ts';

const MOST_SESSION_MS = 12 * 3_600_000;

const printable = (most: number) =>
  z.string().regex(new RegExp(`^[^\\x00-\\x1f\\x7f]{1,${most}}$`), `must be 1 to ${most} printable characters`);

const claim = printable(200);

/** What a token of the provider may be worth. A sender of logs is bound to a route by a token of Serin's own. */
const personRole = z.literal(['viewer', 'scorer', 'operator', 'admin']);

/** An OpenID provider, whose tokens the control API takes and by which people sign in. */
export const oidcSchema = z
  .strictObject({
    issuer: issuerUrl.describe('The provider, byte by byte as its tokens name it in `iss`; it answers discovery there'),
    clientId: printable(200).describe('The client as which the dashboard signs people in'),
    clientSecret: secret.optional().describe('Where the provider gave the client one; PKCE is used in either case'),
    loginClientId: printable(200)
      .optional()
      .describe('The public client of `serin login`; `clientId` when it is absent and that has no secret'),
    audience: z
      .union([printable(1_000).transform((one) => [one]), z.array(printable(1_000)).min(1).max(20)])
      .optional()
      .describe('The claim `aud` has to name this, or one of these; the clients when it is absent'),
    scopes: z
      .array(z.string().regex(/^[!#-[\]-~]{1,200}$/, 'must be a scope: printable ASCII without spaces and quotes'))
      .max(20)
      .refine((scopes) => scopes.includes('openid'), 'must have openid among them')
      .prefault(['openid', 'profile', 'email'])
      .describe('What is asked of the provider; some give groups only to who asks for `groups`'),
    label: printable(60).optional().describe('What the sign-in page calls the provider; its host when it is absent'),
    name: claim
      .optional()
      .describe(
        'The claim that people are called by; a verified `email`, else `preferred_username`, else `sub` when it is absent',
      ),
    roles: z
      .strictObject({
        claim: claim.describe(
          'The claim with the groups or roles of a person, such as `groups` or `realm_access.roles`',
        ),
        map: z
          .record(printable(200), personRole)
          .refine((map) => Object.keys(map).length > 0, 'must give one value of the claim a role at least')
          .refine((map) => Object.keys(map).length <= 200, 'must have at most 200 values')
          .describe('The role that each value gives: `viewer`, `scorer`, `operator` or `admin`; the highest counts'),
      })
      .describe('Who may do what: whoever has none of these has no entry'),
    session: duration
      .prefault('12h')
      .refine((ms) => ms >= 60_000 && ms <= MOST_SESSION_MS, 'must be from 1m to 12h')
      .describe('How long a browser stays signed in; after that the provider is asked again'),
  })
  .transform(({ audience, ...rest }) => ({
    ...rest,
    audience: audience ?? [...new Set([rest.clientId, rest.loginClientId ?? rest.clientId])],
  }));
