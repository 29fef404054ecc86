import type { ServerConfig } from './config.ts';

export interface DeclaredSecret {
  /** Where serin.yaml names it. */
  readonly path: readonly string[];
  /** `${NAME}` or `file:PATH`. */
  readonly reference: string;
}

/** Every secret, certificate and authority that the file names. */
export function declaredSecrets({ channels, sources }: ServerConfig): readonly DeclaredSecret[] {
  const declared: DeclaredSecret[] = [];
  const add = (path: readonly string[], reference: string | undefined) => {
    if (reference !== undefined) declared.push({ path, reference });
  };
  for (const [name, channel] of Object.entries(channels)) {
    for (const [field, reference] of Object.entries(channel?.secrets ?? {})) add(['channels', name, field], reference);
  }
  for (const [name, { auth, ca }] of Object.entries(sources)) {
    const at = ['sources', name, 'auth'];
    add([...at, 'bearer'], auth?.bearer);
    add([...at, 'basic', 'password'], auth?.basic?.password);
    add([...at, 'certificate', 'cert'], auth?.certificate?.cert);
    add([...at, 'certificate', 'key'], auth?.certificate?.key);
    add(['sources', name, 'ca'], ca);
  }
  return declared;
}
