import type { ServerConfig } from '../../config/config.ts';
import type { SignOnSettings } from '../../identity/oidc/sign-on.ts';
import { resolveSecret } from '../../identity/secrets.ts';

/** `control.oidc` of the file. Throws Problem('invalid-input') when its secret is missing. */
export function signOnOf(
  { control: { oidc } }: Pick<ServerConfig, 'control'>,
  env: NodeJS.ProcessEnv,
): SignOnSettings | undefined {
  if (oidc?.clientSecret === undefined) return oidc;
  return { ...oidc, clientSecret: resolveSecret(oidc.clientSecret, env) };
}
