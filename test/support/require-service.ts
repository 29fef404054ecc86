// oxlint-disable vitest/valid-title, vitest/no-conditional-tests -- this makes suites out of what it is given
import { describe, expect, it } from 'vitest';

/** Services whose absence is a failure: `SERIN_TEST_REQUIRE=postgres,prometheus`, or `all`. */
const required = new Set((process.env['SERIN_TEST_REQUIRE'] ?? '').split(',').map((name) => name.trim()));

/** Why a service that was tried is not there. */
const reasons = new Map<string, string>();

/** Keeps why a service cannot be had, for the note of what is skipped. */
export function cannotBeHad(name: string, thrown: unknown): null {
  const [reason = ''] = (thrown instanceof Error ? thrown.message : String(thrown)).trim().split('\n');
  reasons.set(name, reason.slice(0, 300));
  return null;
}

/**
 * A `describe` for what needs the service `name`: it hands the service to its body, or is one skipped test where there
 * is none, or fails there when the service is required.
 *
 * @example serviceOrSkip('postgres', await postgresUrl())('the store on Postgres', ({ url }) => { ... });
 */
export function serviceOrSkip<T>(name: string, service: T | null): (title: string, body: (service: T) => void) => void {
  const isRequired = required.has(name) || required.has('all');
  const reason = reasons.get(name);
  const why = reason === undefined ? 'it cannot be had here' : `it cannot be had: ${reason}`;
  return (title, body) => {
    describe(title, () => {
      if (service !== null) body(service);
      else
        it(`needs ${name}`, ({ skip }) => {
          if (!isRequired) skip(why);
          expect.fail(`${name} is required by SERIN_TEST_REQUIRE, but ${why}`);
        });
    });
  };
}
