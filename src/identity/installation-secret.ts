import { createHash, createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { counted } from '../policy/counted.ts';
import { givenVariable } from '../problem/given-variable.ts';
import type { Log } from '../problem/log.ts';
import { Problem } from '../problem/problem.ts';
import { SERIN } from '../rollout/event.ts';
import type { Store } from '../store/store.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

/** Where to look for a secret of this installation. */
export interface SecretPlace {
  readonly dataFolder: string;
  readonly env: NodeJS.ProcessEnv;
}

const LEAST_CHARACTERS = 32;
const WELL_FORMED = /^(?:[0-9a-f]{2}){32,}$/i;

/**
 * The key that signs sticky cookies, force tokens and sessions, and keys the hashes of consumers' credentials: `SERIN_SECRET`
 * if it is set, else the file in the data folder. Null if none exists yet. Throws Problem('invalid-input') on a malformed one.
 */
export function presentSecret({ dataFolder, env }: SecretPlace): Uint8Array | null {
  const given = givenVariable(env, 'SERIN_SECRET');
  if (given !== undefined) {
    if (given.trim().length < LEAST_CHARACTERS)
      throw new Problem('invalid-input', `SERIN_SECRET is shorter than ${LEAST_CHARACTERS} characters`);
    return createHash('sha256').update(given).digest();
  }
  const path = secretFile(dataFolder);
  const text = readPrivateFile(path);
  if (text === null) return null;
  // Buffer.from stops at the first non-hexadecimal character, and would turn an empty file into an empty key.
  if (!WELL_FORMED.test(text)) {
    const found =
      text === ''
        ? 'is empty'
        : `holds ${counted(text.length, 'character')} instead of the 64 hexadecimal digits of a secret`;
    throw new Problem(
      'invalid-input',
      `${path} ${found}: restore it from a backup, or create a new secret with \`serin renew-secret\``,
    );
  }
  return Buffer.from(text, 'hex');
}

/**
 * The secret of this installation, created at the first start. The database keeps a check value of it: a different secret
 * is only accepted while no consumer is listed, because no key would match the stored hashes any more.
 */
export async function installationSecret(
  store: Pick<Store, 'secretCheck' | 'consumers' | 'audit' | 'now'>,
  place: SecretPlace,
  log: Log,
): Promise<Uint8Array> {
  const present = presentSecret(place);
  const kept = await store.secretCheck.find();
  if (present !== null && kept === checkValue(present)) return present;
  const unfit = await unfitSecret(store, place);
  if (unfit !== null) throw unfit;
  const isFirst = kept === null;
  const secret = present ?? newSecret();
  if (present === null) keepSecret(place.dataFolder, secret);
  const reason = 'the secret differs from that of the last start, and no consumer was listed';
  const at = await store.now();
  const draft = { at, actor: SERIN, route: '', rolloutId: null, before: null, after: null };
  await store.secretCheck.put(
    checkValue(secret),
    'kept',
    isFirst ? [] : [{ ...draft, event: { kind: 'secretReplaced' }, reason }],
  );
  if (!isFirst)
    log({
      what: 'secretReplaced',
      level: 'warn',
      reason: `${reason}: sticky cookies, force tokens and sessions made before are no longer valid`,
    });
  return secret;
}

/** Why the present secret cannot belong to this database; null if it can, or if one can be created. Creates nothing. */
export async function unfitSecret(
  store: Pick<Store, 'secretCheck' | 'consumers'>,
  place: SecretPlace,
): Promise<Problem | null> {
  const present = presentSecret(place);
  const kept = await store.secretCheck.find();
  if (present !== null && kept === checkValue(present)) return null;
  const listed = (await store.consumers.list(null)).length;
  // A database from before check values existed cannot say whether the secret is the right one.
  return listed > 0 && (present === null || kept !== null) ? dependedOn(place, present, listed) : null;
}

/** Shows whether two secrets are the same, and nothing else about them. */
export function checkValue(secret: Uint8Array): string {
  return createHmac('sha256', secret).update('check\0').digest('hex').slice(0, 32);
}

export function newSecret(): Uint8Array {
  return randomBytes(32);
}

export function keepSecret(dataFolder: string, secret: Uint8Array): void {
  writePrivateFile(secretFile(dataFolder), `${Buffer.from(secret).toString('hex')}\n`);
}

export function secretFile(dataFolder: string): string {
  return join(dataFolder, 'secret');
}

function dependedOn({ dataFolder, env }: SecretPlace, present: Uint8Array | null, listed: number): Problem {
  const name = env['SERIN_SECRET'] === undefined ? secretFile(dataFolder) : 'SERIN_SECRET';
  const fault = present === null ? `${name} is missing` : `${name} is not the secret that this database was used with`;
  const consumers = `the ${listed === 1 ? 'key' : 'keys'} of ${counted(listed, 'listed consumer')}`;
  return new Problem(
    'invalid-input',
    `${fault}, and ${consumers} can only be recognised with that secret: restore it, or create a new one with \`serin renew-secret\`, which removes them from the list`,
  );
}
