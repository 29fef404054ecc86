import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { errorFacts, messageOf } from '../../../src/problem/log.ts';
import { Problem } from '../../../src/problem/problem.ts';
import { jsonLog } from '../../../src/server/log.ts';

function logged(event: Parameters<ReturnType<typeof jsonLog>>[0]): Record<string, unknown> {
  const lines: string[] = [];
  const out = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  jsonLog(out)(event);
  expect(lines).toHaveLength(1);
  const line: Record<string, unknown> = JSON.parse(lines[0] ?? '');
  return line;
}

describe('the log', () => {
  it('has a level by name, info unless it is said', () => {
    expect(logged({ what: 'serving', gatewayPort: 1 })).toMatchObject({
      level: 'info',
      msg: 'serving',
      gatewayPort: 1,
    });
    expect(logged({ what: 'tickFailed', level: 'error' })).toMatchObject({ level: 'error', msg: 'tickFailed' });
  });

  it('keeps the stack of an error, and of its causes', () => {
    const cause = new TypeError('x is not a function');
    const { error } = logged({
      what: 'tickFailed',
      level: 'error',
      error: new Problem('internal', 'It failed.', { cause }),
    });
    expect(error).toMatchObject({
      name: 'Problem',
      message: 'It failed.',
      code: 'internal',
      stack: expect.stringContaining('log.test.ts'),
      cause: { name: 'TypeError', message: 'x is not a function', stack: expect.stringContaining('log.test.ts') },
    });
  });

  it('leaves out what drivers hang on an error', () => {
    const thrown = Object.assign(new Error('refused'), { query: 'select $1', parameters: ['s3cret'] });
    expect(JSON.stringify(logged({ what: 'failed', error: thrown }))).not.toMatch(/s3cret|select/);
  });

  it('ends with an error that is its own cause', () => {
    const thrown = new Error('again');
    thrown.cause = thrown;
    expect(JSON.stringify(errorFacts(thrown)).match(/"again"/g)).toHaveLength(6);
  });

  it.each([
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [{ toString: () => 'an object' }, 'an object'],
    [Object.create(null), 'a value without a text form'],
  ])('has words for a thrown %o', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
    expect(errorFacts(thrown).message).toBe(message);
  });
});
