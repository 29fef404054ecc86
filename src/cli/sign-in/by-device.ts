import {
  type Configuration,
  type DeviceAuthorizationResponse,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
  ResponseBodyError,
} from 'openid-client';
import { Problem } from '../../problem/problem.ts';
import { say } from '../output.ts';
import type { Session } from '../terminal.ts';
import { clean } from '../text.ts';
import { providerFault, type TokenAnswer } from './provider.ts';
import type { WantedSignIn } from './wanted-sign-in.ts';

export function takesDevices(provider: Configuration): boolean {
  return provider.serverMetadata().device_authorization_endpoint !== undefined;
}

/** The device grant (RFC 8628): a browser anywhere, and a code. Null when the code was not used in time. Throws Problem. */
export async function signInByDevice(
  provider: Configuration,
  { issuer, scope }: WantedSignIn,
  session: Session,
): Promise<TokenAnswer | null> {
  if (!takesDevices(provider)) {
    throw new Problem(
      'refused',
      `${issuer} has no device grant: run \`serin login\` without --device where there is a browser, or use a token`,
    );
  }
  const started = await initiateDeviceAuthorization(provider, { scope }).catch((error: unknown) => {
    throw providerFault(issuer, error);
  });
  for (const line of instructions(started)) say(session, line);
  const late = AbortSignal.timeout(started.expires_in * 1_000);
  const signal = AbortSignal.any([late, session.closed]);
  for (let away: Problem | null = null; ; ) {
    try {
      return await pollDeviceAuthorizationGrant(provider, started, undefined, { signal });
    } catch (error) {
      if (error instanceof ResponseBodyError && error.error === 'expired_token') return null;
      if (late.aborted) {
        if (away !== null) throw away;
        return null;
      }
      // A network that is away for a moment ends nothing: the code is still good.
      away = providerFault(issuer, error);
      if (away.code !== 'unavailable') throw away;
    }
  }
}

function instructions(started: DeviceAuthorizationResponse): readonly string[] {
  const {
    verification_uri: page,
    verification_uri_complete: whole,
    user_code: userCode,
    expires_in: seconds,
  } = started;
  return [
    `serin: open ${clean(page)} in any browser and enter the code ${clean(userCode)}`,
    ...(whole === undefined ? [] : [`serin: or open ${clean(whole)}`]),
    `serin: waiting for ${seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`}`,
  ];
}
