import type { ConfiguredRoute, ServerConfig } from '../../config/config.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { controllerRoute } from '../../config/routes.ts';
import type { SignOnSettings } from '../../identity/oidc/sign-on.ts';
import { resolveSecret } from '../../identity/secrets.ts';
import type { DeclaredSource } from '../../metrics/declared-source.ts';
import type { Endpoint } from '../../metrics/http.ts';
import type { Channel } from '../../notify/channel.ts';
import { openChannels } from '../../notify/channels.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import { lokiEndpoints, openSources } from '../open-sources.ts';
import { signOnOf } from '../sign-on/sign-on-settings.ts';
import { loadedFingerprint } from './file-fingerprint.ts';

/** A configuration with what is opened for it. It is never modified: another one takes its place as a whole. */
export interface Force {
  readonly loaded: LoadedConfig;
  /** Of the files that it was loaded from. */
  readonly fingerprint: string;
  readonly config: ServerConfig;
  readonly channels: readonly Channel[];
  readonly sources: ReadonlyMap<string, DeclaredSource>;
  /** The Loki of each route that has one. */
  readonly lokis: ReadonlyMap<string, Endpoint>;
  /** With its secret. */
  readonly oidc: SignOnSettings | undefined;
  readonly routes: readonly ReturnType<typeof controllerRoute>[];
  /** Those that the gateway carries. */
  readonly carried: readonly ConfiguredRoute[];
}

interface Opening {
  readonly env: NodeJS.ProcessEnv;
  /** Where the console channel writes; null silences it. */
  readonly notices: ((line: string) => void) | null;
}

/** Rejects with Problem('invalid-input') when a secret is missing. */
export async function openConfiguration(loaded: LoadedConfig, { env, notices }: Opening): Promise<Force> {
  const { config } = loaded;
  return {
    loaded,
    fingerprint: await loadedFingerprint(loaded),
    config,
    channels: openChannels(config.channels, { secret: (reference) => resolveSecret(reference, env), notices }),
    sources: openSources(config, env),
    lokis: lokiEndpoints(config, env),
    oidc: signOnOf(config, env),
    routes: config.routes.map(controllerRoute),
    carried: config.routes.filter((route) => capabilitiesOf(route).gatewayCarries),
  };
}

/** The configuration in force, for everybody who asks at the time. */
export class InForce {
  private force: Force;
  private readonly followers: ((force: Force) => void)[] = [];

  constructor(force: Force) {
    this.force = force;
  }

  get now(): Force {
    return this.force;
  }

  /** One swap. Those who keep something of their own for it are told. */
  replace(force: Force): void {
    this.force = force;
    for (const follow of this.followers) follow(force);
  }

  /** What is derived from the configuration: made anew with each. */
  derived<T>(derive: (force: Force) => T): () => T {
    let made = derive(this.force);
    this.followers.push((force) => {
      made = derive(force);
    });
    return () => made;
  }
}
