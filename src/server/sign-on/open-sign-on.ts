import type { Faults } from '../../gateway/http/faults.ts';
import { type FetchParts, fetchText } from '../../gateway/upstream/fetch-text.ts';
import { SignOn } from '../../identity/oidc/sign-on.ts';
import type { Log } from '../../problem/log.ts';
import type { InForce } from '../reload/in-force.ts';
import { providerFetch } from './provider-fetch.ts';

const FETCH_BOUNDS = {
  agent: 'serin-keys',
  timeoutMs: 5_000,
  mostBytes: 262_144,
  accept: 'application/json, application/jwk-set+json',
} as const;

interface OpenSignOn extends FetchParts {
  readonly inForce: InForce;
  readonly secret: Uint8Array;
  readonly faults: Faults;
  readonly log: Log;
}

/** The provider that is in force, of which the log says when it does not answer. */
export function openSignOn({ inForce, secret, own, trust, faults, log }: OpenSignOn): SignOn {
  let told: string | null = null;
  const signOn = new SignOn({
    fetchText: (url) => fetchText(url, { own, trust }, FETCH_BOUNDS),
    faults,
    secret,
    fetch: providerFetch(trust),
    onLoaded: (failure) => {
      if (failure !== null && failure !== told) log({ what: 'oidcUnavailable', level: 'warn', reason: failure });
      else if (failure === null && told !== null) log({ what: 'oidcAvailable' });
      told = failure;
    },
    wall: Date.now,
    monotonic: () => performance.now(),
  });
  signOn.configure(inForce.now.oidc);
  return signOn;
}
