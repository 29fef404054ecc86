import type { SessionControl } from '../../api/control.ts';
import type { SignOn } from '../../identity/oidc/sign-on.ts';

/** Sessions that a token has opened, and those of people whom the OpenID provider has named: a value says which it is. */
export function eitherSession(
  ofTokens: SessionControl,
  ofPeople: Pick<SignOn, 'isSession' | 'readSession'>,
): SessionControl {
  return {
    open: (token, cookie) => ofTokens.open(token, cookie),
    read: async (value, cookie) =>
      ofPeople.isSession(value) ? ofPeople.readSession(value, cookie) : ofTokens.read(value, cookie),
  };
}
