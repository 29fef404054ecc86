import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { culpritOf, mayFailOver } from '../../../src/gateway/measure/charge.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import type { Sending } from '../../../src/gateway/measure/ticket.ts';
import { Turn } from '../../../src/gateway/measure/turn.ts';
import { dialFailureOf } from '../../../src/gateway/upstream/dial.ts';
import { FORBIDDEN_ADDRESS } from '../../../src/gateway/upstream/upstream-address.ts';
import type { FailureKind } from '../../../src/gateway/upstream/upstream-client.ts';
import { orderTo } from '../../support/gateway.ts';

const BEGUN = 10_000;

/** Who has to answer for a failure ten seconds after its request began. */
function culprit(kind: FailureKind, { untaken = 0, takingMs = 0, upload = null as Sending | null } = {}) {
  const recorder = new RouteRecorder(
    clockFrom(() => BEGUN),
    orderTo('http://v1', 'http://v2'),
  );
  const ticket = recorder.begin('canary', 'weight');
  ticket.upload = upload;
  const taking = new Turn();
  taking.begin(BEGUN);
  taking.end(BEGUN + takingMs);
  const failure = { kind, written: 'some' } as const;
  return culpritOf(failure, ticket, { untaken, taking: takingMs > 0 ? taking : null }, BEGUN + 10_000);
}

const owing = (waitedMs: number): Sending => ({ isStarved: true, waitedMs: () => waitedMs, sentAt: null });
const whole = (waitedMs: number): Sending => ({ isStarved: false, waitedMs: () => waitedMs, sentAt: 0 });

describe('who has to answer for an exchange that broke', () => {
  it.each([
    ['overload', {}, 'gateway'],
    ['exhausted', {}, 'gateway'],
    ['unresolved', {}, 'network'],
    ['forbidden', {}, 'version'],
    ['refused', {}, 'version'],
    ['connect-timeout', {}, 'version'],
    ['answer-timeout', {}, 'version'],
    ['bad-head', {}, 'version'],
    ['silent', {}, 'version'],
    ['silent', { untaken: 1 }, 'client'],
    ['reset-before-head', {}, 'version'],
    ['reset-before-head', { upload: owing(6_000) }, 'client'],
    ['reset-before-head', { upload: owing(4_000) }, 'version'],
    ['reset-before-head', { upload: whole(9_000) }, 'version'],
    ['reset-in-body', {}, 'version'],
    ['reset-in-body', { takingMs: 6_000 }, 'client'],
    ['reset-in-body', { takingMs: 4_000 }, 'version'],
    ['reset-in-body', { takingMs: 3_000, upload: owing(3_000) }, 'client'],
  ] as const)('%s, with %o: the %s', (kind, side, expected) => {
    expect(culprit(kind, side)).toBe(expected);
  });

  it('is no client that was waited for less than a second', () => {
    const recorder = new RouteRecorder(
      clockFrom(() => BEGUN),
      orderTo('http://v1', 'http://v2'),
    );
    const ticket = recorder.begin('canary', 'weight');
    ticket.upload = owing(900);
    const failure = { kind: 'reset-before-head', written: 'some' } as const;
    expect(culpritOf(failure, ticket, { untaken: 0, taking: null }, BEGUN + 901)).toBe('version');
  });

  it.each([
    ['version', true],
    ['network', true],
    ['gateway', false],
    ['client', false],
  ] as const)('decides whether the stable may be asked instead: the %s, %s', (who, expected) => {
    expect(mayFailOver(who)).toBe(expected);
  });
});

describe('a connection that could not be opened', () => {
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ENOTFOUND', 'refused'],
    ['EHOSTUNREACH', 'refused'],
    [undefined, 'refused'],
    ['ETIMEDOUT', 'connect-timeout'],
    [FORBIDDEN_ADDRESS, 'forbidden'],
    ['EAI_AGAIN', 'unresolved'],
    ['EMFILE', 'exhausted'],
    ['ENFILE', 'exhausted'],
    ['ENOBUFS', 'exhausted'],
    ['ENOMEM', 'exhausted'],
    ['EADDRNOTAVAIL', 'exhausted'],
  ] as const)('%s: %s', (code, kind) => {
    expect(dialFailureOf(code)).toBe(kind);
  });
});
