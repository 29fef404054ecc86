import { describe, expect, it } from 'vitest';
import { Problem, type ProblemCode } from '../../../src/problem/problem.ts';
import { DrizzleQueryError } from '../../../src/store/drizzle.ts';
import { faultOf, isConnectionLost } from '../../../src/store/fault.ts';

const SECRET = 'PLANTED-SECRET';

/** As a driver's error arrives: with the statement and its parameters in the message of what drizzle makes of it. */
function wrapped(code: string, more: object = {}): Error {
  const cause = Object.assign(new Error(`detail ${SECRET}`), { code, detail: SECRET, ...more });
  return new DrizzleQueryError('insert into tokens values ($1)', [SECRET], cause);
}

describe('what goes wrong in the database', () => {
  it.each<[string, ProblemCode]>([
    ['23505', 'conflict'],
    ['22P05', 'invalid-input'],
    ['22021', 'invalid-input'],
    ['08006', 'unavailable'],
    ['25006', 'unavailable'],
    ['28P01', 'unavailable'],
    ['3D000', 'unavailable'],
    ['40001', 'unavailable'],
    ['40P01', 'unavailable'],
    ['53300', 'unavailable'],
    ['55P03', 'unavailable'],
    ['57014', 'unavailable'],
    ['57P01', 'unavailable'],
    ['58030', 'unavailable'],
    ['ECONNREFUSED', 'unavailable'],
    ['CONNECTION_CLOSED', 'unavailable'],
    ['CONNECT_TIMEOUT', 'unavailable'],
    ['DATABASE_FAILED', 'internal'],
    ['23502', 'internal'],
    ['42501', 'internal'],
    ['42P01', 'internal'],
    ['ERR_INVALID_ARG_TYPE', 'internal'],
  ])('is told by its code only: %s is %s', (sqlstate, code) => {
    const problem = faultOf(wrapped(sqlstate));
    expect(problem.code).toBe(code);
    expect(problem.message).toContain(sqlstate);
    expect(problem.message).not.toContain(SECRET);
    expect(problem.cause).toBeUndefined();
  });

  it.each([
    ['constraint_name', 'as postgres.js says it'],
    ['constraint', 'as PGlite says it'],
  ])('names the rule that was broken by its %s, %s', (key) => {
    expect(faultOf(wrapped('23505', { [key]: 'rollouts_active_route' }))).toMatchObject({
      code: 'conflict',
      message: 'The route already has an active rollout.',
    });
  });

  it('does not take any text for a code', () => {
    expect(faultOf(wrapped(SECRET.toLowerCase()))).toMatchObject({ code: 'internal', message: 'The store failed.' });
  });

  it('keeps the cause of what did not come from the database', () => {
    const bug = new TypeError('not a function');
    expect(faultOf(bug)).toMatchObject({ code: 'internal', cause: bug });
  });

  it('passes a Problem on as it is', () => {
    const problem = new Problem('stale', 'The rollout has moved on.');
    expect(faultOf(problem)).toBe(problem);
  });

  it.each([
    ['57P01', true],
    ['08006', true],
    ['ECONNRESET', true],
    ['CONNECTION_DESTROYED', true],
    ['57014', false],
    ['40P01', false],
    ['23505', false],
  ])('%s means that the connection is lost: %s', (code, lost) => {
    expect(isConnectionLost(wrapped(code))).toBe(lost);
  });
});
