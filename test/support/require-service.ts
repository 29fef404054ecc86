// oxlint-disable vitest/valid-title, vitest/no-conditional-tests -- this makes suites out of what it is given
import { describe, expect, it } from 'vitest';

/** Services whose absence is a failure: `SERIN_TEST_REQUIRE=postgres,prometheus`, or `all`. */
const required = new Set((process.env['SERIN_TEST_REQUIRE'] ?? '').split(',').map((name) => name.trim()));

/**
 * A `describe` for what needs the service `name`: it hands the service to its body, or is skipped by name where there
 * is none, or fails there when the service is required.
 *
 * @example serviceOrSkip('postgres', await postgresUrl())('the store on Postgres', ({ url }) => { ... });
 */
export function serviceOrSkip<T>(name: string, service: T | null): (title: string, body: (service: T) => void) => void {
  const isRequired = required.has(name) || required.has('all');
  const suite = service === null && !isRequired ? describe.skip : describe;
  return (title, body) => {
    suite(title, () => {
      if (service !== null) body(service);
      else it(`needs ${name}`, () => expect.fail(`${name} is required by SERIN_TEST_REQUIRE and cannot be had here`));
    });
  };
}
