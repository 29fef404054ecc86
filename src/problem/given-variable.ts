import { Problem } from './problem.ts';

/** Every Serin setting that comes from the environment, and its fallback. */
const WITHOUT = {
  DATABASE_URL: 'unset it to use the embedded database, or give the URL of a Postgres',
  SERIN_DATA: 'unset it to use the usual data folder, or name a folder',
  SERIN_SECRET: 'unset it to use the secret in the data folder, or give 32 characters or more',
  SERIN_SERVER: 'unset it to use http://127.0.0.1:7780, or give the address of the control API',
  SERIN_TOKEN: 'unset it to use your `serin login` or the admin token of the local data folder, or give a token',
} as const;

export type SerinVariable = keyof typeof WITHOUT;

/**
 * A setting from the environment; undefined if it is not set. Throws Problem('invalid-input') if it is set but empty:
 * whatever should have filled it has failed, and ignoring that would be a guess.
 */
export function givenVariable(env: NodeJS.ProcessEnv, name: SerinVariable): string | undefined {
  const value = env[name];
  if (value === undefined || value.trim() !== '') return value;
  throw new Problem('invalid-input', `${name} is set, but empty: ${WITHOUT[name]}`);
}
