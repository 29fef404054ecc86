import type { ServerConfig } from './config.ts';
import type { AskedService } from './sources.ts';

export interface DeclaredSecret {
  /** Where serin.yaml names it. */
  readonly path: readonly (string | number)[];
  /** `${NAME}` or `file:PATH`. */
  readonly reference: string;
}

/** Every secret, certificate and authority that the file names. */
export function declaredSecrets({ control, channels, sources, routes }: ServerConfig): readonly DeclaredSecret[] {
  const declared: DeclaredSecret[] = [];
  const add = (path: DeclaredSecret['path'], reference: string | undefined) => {
    if (reference !== undefined) declared.push({ path, reference });
  };
  add(['control', 'oidc', 'clientSecret'], control.oidc?.clientSecret);
  for (const [name, channel] of Object.entries(channels)) {
    for (const [field, reference] of Object.entries(channel?.secrets ?? {})) add(['channels', name, field], reference);
  }
  const addService = (at: DeclaredSecret['path'], { auth, ca }: Pick<AskedService, 'auth' | 'ca'>) => {
    add([...at, 'auth', 'bearer'], auth?.bearer);
    add([...at, 'auth', 'basic', 'password'], auth?.basic?.password);
    add([...at, 'auth', 'certificate', 'cert'], auth?.certificate?.cert);
    add([...at, 'auth', 'certificate', 'key'], auth?.certificate?.key);
    add([...at, 'ca'], ca);
  };
  for (const [name, source] of Object.entries(sources)) addService(['sources', name], source);
  for (const [at, { logs }] of routes.entries()) {
    if (logs?.loki) addService(['routes', at, 'logs', 'loki'], logs.loki);
  }
  return declared;
}
