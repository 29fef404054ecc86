import { describe, expect, it } from 'vitest';
import { InternalErrors } from '../../../src/exposition/internal-errors.ts';
import { FAULT_PLACES } from '../../../src/gateway/http/faults.ts';
import type { LogEvent } from '../../../src/problem/log.ts';
import { Problem } from '../../../src/problem/problem.ts';

function listened() {
  const told: LogEvent[] = [];
  const errors = new InternalErrors((event) => told.push(event), FAULT_PLACES);
  const counted = () => Object.fromEntries([...errors.read()].filter(([, count]) => count > 0));
  return { told, errors, counted };
}

describe('errors that nobody foresaw', () => {
  it('of the gateway are logged once, with the id of the request, and counted by place', () => {
    const { told, errors, counted } = listened();
    const error = new Error('a bug');
    errors.onFault({ error, where: 'answer', requestId: 'r-1' });
    errors.onFault({ error, where: 'timer', requestId: null });
    expect(told).toEqual([
      { what: 'internalError', level: 'error', where: 'answer', requestId: 'r-1', error },
      { what: 'internalError', level: 'error', where: 'timer', error },
    ]);
    expect(counted()).toEqual({ answer: 1, timer: 1 });
  });

  it('of a tick are counted as they are logged; what an operator can mend is not', () => {
    const { told, errors, counted } = listened();
    errors.log({ what: 'tickFailed', level: 'error', error: new TypeError('a bug') });
    errors.log({
      what: 'tickFailed',
      level: 'error',
      error: new Problem('unavailable', 'The database cannot answer.'),
    });
    errors.log({ what: 'outboxUnreachable', level: 'warn', error: new Error('refused') });
    errors.log({ what: 'internalError', level: 'error', where: 'api', error: new Problem('internal', 'a bug') });
    expect(counted()).toEqual({ 'control-plane': 1, api: 1 });
    expect(told).toHaveLength(4);
  });
});
